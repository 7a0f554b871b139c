package clerk

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger/secrets"
	"popbridge/translate"
)

// addPassword makes a password for a device, and gives it with both as a login brings
// them.
func (c *Clerk) addPassword(ctx context.Context, accountName, deviceName string, n desk.NewDevice) (added desk.AddedDevice, err error) {
	if added.Account, added.Device, err = c.DeviceWithPassword(accountName, deviceName); err != nil {
		return added, err
	}
	password := translate.MakeDevicePassword()
	taken, err := c.StorePassword(ctx, added.Account, added.Device, password, n)
	if err != nil {
		return added, err
	}
	added.Password = password
	if !taken {
		added.Remarks = []string{fmt.Sprintf("no route of %s accepts this password; set login = \"device\" or \"either\" in one", added.Account)}
	}
	return added, nil
}

// StorePassword gives a device a password that was made for it, and reports whether a
// route takes such passwords. The names are those that DeviceWithPassword gives. A
// desk.Conflict is that the device has one already.
func (c *Clerk) StorePassword(ctx context.Context, account, device, password string, n desk.NewDevice) (taken bool, err error) {
	keys, err := c.Store.Secrets.Keyring(ctx, account)
	if err != nil {
		return false, translate.Cause(err)
	}
	verifier, err := translate.Verify(password, keys.Salt, keys.Iterations)
	if err != nil {
		return false, err
	}
	cfg, err := c.RoutesOf(ctx, account)
	if err != nil {
		return false, err
	}
	var readable []byte
	if n.APOP {
		readable = []byte(password)
	}
	err = c.Store.Secrets.AddDevicePassword(ctx, account, n.Label, translate.DevicePassword{Device: device, Verifier: verifier}, readable)
	if errors.Is(err, secrets.ErrHasPassword) {
		err = &desk.Fault{Kind: desk.Conflict, Err: fmt.Errorf("%w; to make a new one, first run popbridge account device revoke %s %s", err, account, device)}
	}
	return err == nil && TakesDevicePasswords(cfg, account, device), err
}

// Kept is what the ledger has of a device's password.
type Kept int

const (
	KeptNone    Kept = iota // the device has none, and the one asked for was not revoked
	KeptThis                // the one that was asked for
	KeptOther               // another one
	KeptRevoked             // none, and the one that was asked for was its last
)

// KeptPassword holds a password against what the ledger has for a device; an empty one is
// no device's.
func (c *Clerk) KeptPassword(ctx context.Context, account, device, password string) (Kept, error) {
	keys, err := c.Store.Secrets.Keyring(ctx, account)
	if err != nil {
		return KeptNone, translate.Cause(err)
	}
	var v translate.Verifier
	if password != "" {
		if v, err = translate.Verify(password, keys.Salt, keys.Iterations); err != nil {
			return KeptNone, err
		}
	}
	for _, p := range keys.Passwords {
		switch {
		case p.Device != device:
		case password != "" && p.StoredKey == v.StoredKey:
			return KeptThis, nil
		default:
			return KeptOther, nil
		}
	}
	for _, p := range keys.Revoked {
		if p.Device == device && password != "" && p.StoredKey == v.StoredKey {
			return KeptRevoked, nil
		}
	}
	return KeptNone, nil
}
