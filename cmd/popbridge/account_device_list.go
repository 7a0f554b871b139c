package main

import (
	"context"
	"io"
	"strconv"

	"popbridge/proxy/admin/desk"
)

// used is when a device's own password was last used.
func used(p *desk.Password) string {
	if p == nil {
		return ""
	}
	return at(p.LastUsed)
}

func listDevices(ctx context.Context, env *environment, args []string) error {
	devices, err := env.desk.Devices(ctx, args[0])
	if err != nil {
		return err
	}
	if env.json {
		return env.print(devices)
	}
	return deviceTable(env.out, "", devices)
}

func deviceTable(out io.Writer, indent string, devices []desk.Device) error {
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
		t.row(name, device.Maildrop, added, at(device.FirstLogin), at(device.LastLogin), strconv.Itoa(device.Hidden), device.Password.Kind(), used(device.Password))
	}
	return t.end()
}
