package clerk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/watches"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Devices is desk.Desk's.
func (c *Clerk) Devices(ctx context.Context, name string) ([]desk.Device, error) {
	account, err := c.AccountName(name)
	if err != nil {
		return nil, err
	}
	known, err := c.Store.Account(ctx, account)
	if err != nil {
		return nil, unknown(err)
	}
	return devicesOf(known), nil
}

// devicesOf lists devices that have logged in and those that were only added.
func devicesOf(a ledger.AccountDetails) []desk.Device {
	devices := []desk.Device{}
	for _, p := range a.Pages {
		for _, device := range p.Devices {
			d := desk.Device{
				Device: device.Name, Maildrop: p.Maildrop, Added: slices.Contains(a.Added, device.Name),
				FirstLogin: device.FirstLogin, LastLogin: device.LastLogin, Hidden: device.Hidden,
			}
			if leftOut := device.LeftOut; leftOut != (translate.LeftOut{}) {
				d.LeftOut = &leftOut
			}
			devices = append(devices, d)
		}
	}
	for _, name := range a.Added {
		if !slices.ContainsFunc(devices, func(d desk.Device) bool { return d.Device == name }) {
			devices = append(devices, desk.Device{Device: name, Added: true})
		}
	}
	for _, p := range a.Passwords {
		for i := range devices {
			if devices[i].Device == p.Device {
				devices[i].Password = &desk.Password{Label: p.Label, APOP: p.Readable, Created: p.Created, LastUsed: p.LastUsed}
			}
		}
	}
	expected(devices, a.Watched)
	slices.SortStableFunc(devices, func(a, b desk.Device) int { return cmp.Compare(a.Device, b.Device) })
	return devices
}

// expected adds what is expected of devices. The last login of one is exact then: it is
// that of the maildrop where the device was last.
func expected(devices []desk.Device, watched []watches.Device) {
	for _, w := range watched {
		last := -1
		for i := range devices {
			if devices[i].Device != w.Device {
				continue
			}
			devices[i].Expect, devices[i].Overdue = w.Expect.String(), w.Overdue
			if last < 0 || devices[i].LastLogin.After(devices[last].LastLogin) {
				last = i
			}
		}
		if last >= 0 && w.LastLogin.After(devices[last].LastLogin) {
			devices[last].LastLogin = w.LastLogin
		}
	}
}

// AddDevice is desk.Desk's.
func (c *Clerk) AddDevice(ctx context.Context, account, device string, n desk.NewDevice) (added desk.AddedDevice, err error) {
	var expect translate.Expect
	if n.Expect != "" {
		if err := expect.UnmarshalText([]byte(n.Expect)); err != nil {
			return added, invalid(fmt.Errorf("expect: %w", err))
		}
	}
	added, err = c.addDevice(ctx, account, device, n)
	if err == nil && n.Expect != "" {
		err = c.Store.Watches.Ask(ctx, added.Account, added.Device, expect)
	}
	return added, err
}

var errNoPassword = errors.New("a label and APOP are only for passwords, and none was asked for")

// addDevice lets a device log in.
func (c *Clerk) addDevice(ctx context.Context, accountName, deviceName string, n desk.NewDevice) (added desk.AddedDevice, err error) {
	if n.Password {
		return c.addPassword(ctx, accountName, deviceName, n)
	}
	if n.Label != "" || n.APOP {
		return added, invalid(errNoPassword)
	}
	if added.Account, added.Device, err = c.deviceName(accountName, deviceName); err != nil {
		return added, err
	}
	if c.Config().Login.Devices != configs.DevicesKnown {
		added.Remarks = []string{`login.devices is "any": every device may log in, added or not`}
	}
	return added, c.Store.AddDevice(ctx, added.Account, added.Device)
}

// TakesDevicePasswords reports whether a route serves this device with a password of its
// own. The device may come by any listener and from any network.
func TakesDevicePasswords(cfg *configs.Config, account, device string) bool {
	for _, r := range route.ServingDevice(cfg, translate.Login{Account: account, Device: device}) {
		if r.Login != configs.LoginUpstream {
			return true
		}
	}
	return false
}

// RemoveDevice is desk.Desk's.
func (c *Clerk) RemoveDevice(ctx context.Context, accountName, deviceName string) (removed desk.RemovedDevice, err error) {
	if removed.Account, removed.Device, err = c.DeviceWithPassword(accountName, deviceName); err != nil {
		return removed, err
	}
	removed.LetIn = c.Config().Login.Devices != configs.DevicesKnown
	err = c.Store.RemoveDevice(ctx, removed.Account, removed.Device)
	return removed, unknown(c.notAdded(ctx, removed.Account, removed.Device, err))
}

// notAdded explains why a device cannot be removed that "device list" shows.
func (c *Clerk) notAdded(ctx context.Context, account, device string, err error) error {
	if !errors.Is(err, ledger.ErrUnknown) {
		return err
	}
	known, none := c.Store.Account(ctx, account)
	if none != nil || !hasLoggedIn(known, device) {
		return err
	}
	return fmt.Errorf("%w as one that was added; it is listed because it has logged in; %s", err, keptOut(c.Config().Login.Devices))
}

// keptOut says what keeps a device out that was never added.
func keptOut(devices configs.Devices) string {
	if devices == configs.DevicesKnown {
		return `it is refused since login.devices is "known"`
	}
	return `to keep it out set login.devices to "known", and add the others`
}

// RevokeDevice is desk.Desk's.
func (c *Clerk) RevokeDevice(ctx context.Context, accountName, deviceName string) (desk.DeviceName, error) {
	account, device, err := c.DeviceWithPassword(accountName, deviceName)
	if err != nil {
		return desk.DeviceName{}, err
	}
	return desk.DeviceName{Account: account, Device: device}, unknown(c.Store.Secrets.RevokeDevicePassword(ctx, account, device))
}
