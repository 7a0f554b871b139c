package main

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"popbridge/proxy/ledger"
)

// listedDevice is a device of an account in one maildrop.
type listedDevice struct {
	Device     string    `json:"device"`
	Maildrop   string    `json:"maildrop,omitempty"` // empty: it has never logged in
	Added      bool      `json:"added"`
	FirstLogin time.Time `json:"first_login,omitzero"`
	LastLogin  time.Time `json:"last_login,omitzero"`
	Hidden     int       `json:"hidden"`
	// Password is of the device's own, whatever the maildrop; nil for none.
	Password *listedPassword `json:"password,omitempty"`
}

// listedPassword is what may be seen of a device's own password.
type listedPassword struct {
	Label    string    `json:"label,omitempty"`
	APOP     bool      `json:"apop"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"`
}

// kind says what the device logs in with.
func (p *listedPassword) kind() string {
	if p == nil {
		return ""
	}
	kind := "its own"
	if p.APOP {
		kind += ", for APOP too"
	}
	if p.Label != "" {
		kind += ": " + p.Label
	}
	return kind
}

func (p *listedPassword) used() string {
	if p == nil {
		return ""
	}
	return at(p.LastUsed)
}

// devicesOf lists devices that have logged in and those that were only added.
func devicesOf(a ledger.AccountDetails) []listedDevice {
	devices := []listedDevice{}
	for _, p := range a.Pages {
		for _, device := range p.Devices {
			devices = append(devices, listedDevice{
				Device: device.Name, Maildrop: p.Maildrop, Added: slices.Contains(a.Added, device.Name),
				FirstLogin: device.FirstLogin, LastLogin: device.LastLogin, Hidden: device.Hidden,
			})
		}
	}
	for _, name := range a.Added {
		if !slices.ContainsFunc(devices, func(d listedDevice) bool { return d.Device == name }) {
			devices = append(devices, listedDevice{Device: name, Added: true})
		}
	}
	for _, p := range a.Passwords {
		for i := range devices {
			if devices[i].Device == p.Device {
				devices[i].Password = &listedPassword{Label: p.Label, APOP: p.Readable, Created: p.Created, LastUsed: p.LastUsed}
			}
		}
	}
	slices.SortStableFunc(devices, func(a, b listedDevice) int { return cmp.Compare(a.Device, b.Device) })
	return devices
}

func listDevices(ctx context.Context, env *environment, args []string) error {
	account, err := env.account(args[0])
	if err != nil {
		return err
	}
	known, err := env.store.Account(ctx, account)
	if err != nil {
		return err
	}
	devices := devicesOf(known)
	if env.json {
		return env.print(devices)
	}
	return deviceTable(env.out, "", devices)
}

func deviceTable(out io.Writer, indent string, devices []listedDevice) error {
	t := newTable(out, indent, "DEVICE", "MAILDROP", "ADDED", "FIRST LOGIN", "LAST LOGIN", "HIDDEN", "PASSWORD", "LAST USED")
	for _, device := range devices {
		added := "no"
		if device.Added {
			added = "yes"
		}
		name := device.Device
		if name == "" {
			name = "(none)"
		}
		t.row(name, device.Maildrop, added, at(device.FirstLogin), at(device.LastLogin), strconv.Itoa(device.Hidden), device.Password.kind(), device.Password.used())
	}
	return t.end()
}
