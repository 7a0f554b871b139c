package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"popbridge/configs"
	"popbridge/proxy/ledger"
)

func accountDeviceCommand() *cobra.Command {
	device := &cobra.Command{
		Use:   "device",
		Short: `Say which devices of an account may log in where login.devices is "known"`,
		Long: `Say which devices of an account may log in where login.devices is "known". A
mistyped device name is then refused instead of downloading everything as a new
device.`,
		Example: "  popbridge account device add alice@example.org scanner --config popbridge.yaml",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	device.AddCommand(
		ledgerCommand(&cobra.Command{
			Use:     "add ACCOUNT DEVICE --config FILE",
			Short:   "Let a device log in",
			Example: "  popbridge account device add alice@example.org scanner --config popbridge.yaml",
		}, []string{"ACCOUNT", "DEVICE"}, addDevice),
		ledgerCommand(&cobra.Command{
			Use:   "remove ACCOUNT DEVICE --config FILE",
			Short: "Take that back",
			Long: `Take back that a device may log in. What it has hidden stays remembered, so that it
can be added again.`,
			Example: "  popbridge account device remove alice@example.org scanner --config popbridge.yaml",
		}, []string{"ACCOUNT", "DEVICE"}, removeDevice),
		ledgerCommand(&cobra.Command{
			Use:     "list ACCOUNT --config FILE",
			Short:   "List the devices of an account, those added and those that have logged in",
			Example: "  popbridge account device list alice@example.org --config popbridge.yaml",
		}, []string{"ACCOUNT"}, listDevices),
	)
	return device
}

func addDevice(ctx context.Context, d *desk, args []string) error {
	account, device, err := d.device(args[0], args[1])
	if err != nil {
		return err
	}
	if err := d.store.AddDevice(ctx, account, device); err != nil {
		return err
	}
	d.remarkDevices()
	return d.reportDevice("added", account, device, fmt.Sprintf("device %s of %s may log in\n", device, account))
}

func removeDevice(ctx context.Context, d *desk, args []string) error {
	account, device, err := d.device(args[0], args[1])
	if err != nil {
		return err
	}
	if err := d.store.RemoveDevice(ctx, account, device); err != nil {
		return err
	}
	d.remarkDevices()
	return d.reportDevice("removed", account, device, fmt.Sprintf("device %s of %s is refused at its next login\n", device, account))
}

func (d *desk) reportDevice(what, account, device, text string) error {
	if d.json {
		return d.print(map[string]string{"account": account, what: device})
	}
	_, err := io.WriteString(d.out, text)
	return err
}

// remarkDevices warns that the list of devices is not asked for.
func (d *desk) remarkDevices() {
	if d.cfg.Login.Devices != configs.DevicesKnown {
		fmt.Fprintln(d.cmd.ErrOrStderr(), `popbridge: login.devices is "any": every device may log in, added or not`)
	}
}

// device reads a device's name as a login would bring it, and refuses one that no
// login can bring.
func (d *desk) device(accountName, deviceName string) (account, device string, err error) {
	if account, err = d.account(accountName); err != nil {
		return "", "", err
	}
	rules := loginRules(d.cfg)
	if rules.DeviceSeparator == "" {
		return "", "", usageError{fmt.Errorf("login.device_separator is empty, so no login names a device; set it, such as %q", "+")}
	}
	local, domain, hasDomain := cutDomain(account)
	name := local + rules.DeviceSeparator + deviceName
	if hasDomain {
		name += "@" + domain
	}
	wanted := deviceName
	if rules.Lowercase {
		wanted = strings.ToLower(deviceName)
	}
	login, err := rules.Parse(name)
	if err == nil && (login.Account != account || wanted == "" || login.Device != wanted) {
		err = fmt.Errorf("no login can name it: %q would be device %q of account %q", name, login.Device, login.Account)
	}
	if err != nil {
		return "", "", usageError{fmt.Errorf("device %q: %w", deviceName, err)}
	}
	return account, login.Device, nil
}

func cutDomain(account string) (local, domain string, found bool) {
	if i := strings.LastIndexByte(account, '@'); i >= 0 {
		return account[:i], account[i+1:], true
	}
	return account, "", false
}

// listedDevice is a device of an account in one maildrop.
type listedDevice struct {
	Device     string    `json:"device"`
	Maildrop   string    `json:"maildrop,omitempty"` // empty: it has never logged in
	Added      bool      `json:"added"`
	FirstLogin time.Time `json:"first_login,omitzero"`
	LastLogin  time.Time `json:"last_login,omitzero"`
	Hidden     int       `json:"hidden"`
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
	slices.SortStableFunc(devices, func(a, b listedDevice) int { return cmp.Compare(a.Device, b.Device) })
	return devices
}

func listDevices(ctx context.Context, d *desk, args []string) error {
	account, err := d.account(args[0])
	if err != nil {
		return err
	}
	known, err := d.store.Account(ctx, account)
	if err != nil {
		return err
	}
	devices := devicesOf(known)
	if d.json {
		return d.print(devices)
	}
	return deviceTable(d.out, "", devices)
}

func deviceTable(out io.Writer, indent string, devices []listedDevice) error {
	t := newTable(out, indent, "DEVICE", "MAILDROP", "ADDED", "FIRST LOGIN", "LAST LOGIN", "HIDDEN")
	for _, device := range devices {
		added := "no"
		if device.Added {
			added = "yes"
		}
		name := device.Device
		if name == "" {
			name = "(none)"
		}
		t.row(name, device.Maildrop, added, at(device.FirstLogin), at(device.LastLogin), strconv.Itoa(device.Hidden))
	}
	return t.end()
}
