package sasl

import (
	"fmt"
	"time"

	"popbridge/translate"
)

// ErrKnownPassword is ErrDevicePassword for what was or is a device password, and so
// was not mistyped.
var ErrKnownPassword = fmt.Errorf("%w", ErrDevicePassword)

// NoDevicePassword says for the log why a credential shows no device password that a
// login with the name of a device may use: it was revoked, it is another device's, or
// the device has none. matches tells whether the credential shows a password. Whatever
// it is, the device hears the same.
func NoDevicePassword(keys translate.Keyring, device string, matches func(translate.DevicePassword) bool) error {
	for _, p := range keys.Passwords {
		if device != "" && p.Device != device && matches(p) {
			return fmt.Errorf("%w: it is that of device %.128q, and the login names device %.128q", ErrKnownPassword, p.Device, device)
		}
	}
	for _, r := range keys.Revoked {
		if matches(r.DevicePassword) {
			return fmt.Errorf("%w: it was that of device %.128q, and was revoked at %s", ErrKnownPassword, r.Device, r.At.Format(time.RFC3339))
		}
	}
	if device == "" || len(keys.For(device)) > 0 {
		return ErrDevicePassword
	}
	for _, r := range keys.Revoked {
		if r.Device == device {
			return fmt.Errorf("%w: device %.128q has none of its own since %s, when it was revoked", ErrDevicePassword, device, r.At.Format(time.RFC3339))
		}
	}
	if len(keys.Passwords) > 0 {
		return fmt.Errorf("%w: device %.128q was never given one", ErrDevicePassword, device)
	}
	return ErrDevicePassword
}
