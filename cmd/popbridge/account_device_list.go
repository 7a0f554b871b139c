package main

import (
	"context"
	"io"
	"slices"
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

// nameOf is what a table calls a device: the account itself has no name.
func nameOf(d desk.Device) string {
	if d.Device == "" {
		return "(none)"
	}
	return d.Device
}

func deviceTable(out io.Writer, indent string, devices []desk.Device) error {
	head := []string{"DEVICE", "MAILDROP", "ADDED", "FIRST LOGIN", "LAST LOGIN", "HIDDEN", "PASSWORD", "LAST USED"}
	watched := slices.ContainsFunc(devices, func(d desk.Device) bool { return d.Expect != "" })
	if watched {
		head = append(head, "EXPECTED", "OVERDUE SINCE")
	}
	t := newTable(out, indent, head...)
	for _, device := range devices {
		added := "no"
		if device.Added {
			added = "yes"
		}
		row := []string{nameOf(device), device.Maildrop, added, at(device.FirstLogin), at(device.LastLogin), strconv.Itoa(device.Hidden), device.Password.Kind(), used(device.Password)}
		if watched {
			row = append(row, device.Expect, at(device.Overdue))
		}
		t.row(row...)
	}
	return t.end()
}
