package sasl

import (
	"fmt"

	"popbridge/translate"
)

// NoDevicePassword says for the log why a credential shows no device password that a
// login with the name of a device may use: it may be another device's, or the device
// has none any more. matches tells whether the credential shows a password. Whatever it
// is, the device hears the same.
func NoDevicePassword(keys translate.Keyring, device string, matches func(translate.DevicePassword) bool) error {
	if device == "" {
		return ErrDevicePassword // all of them have been tried
	}
	for _, p := range keys.Passwords {
		if p.Device != device && matches(p) {
			return fmt.Errorf("%w: it is that of device %.128q, and the login names device %.128q", ErrDevicePassword, p.Device, device)
		}
	}
	if len(keys.For(device)) == 0 && len(keys.Passwords) > 0 {
		return fmt.Errorf("%w: device %.128q has none of its own; it was revoked, or never given one", ErrDevicePassword, device)
	}
	return ErrDevicePassword
}
