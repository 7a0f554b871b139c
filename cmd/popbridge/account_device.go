package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"popbridge/configs"
	"popbridge/proxy/ledger"
)

func accountDeviceCommand() *cobra.Command {
	device := &cobra.Command{
		Use:   "device",
		Short: "Say which devices an account has, and give them passwords of their own",
		Long: `Say which devices of an account may log in where login.devices is "known": a
mistyped device name is then refused instead of downloading everything as a new
device. Where a route has login = "device" or "either", give each device a password
of its own, which can be revoked without touching another.`,
		Example: `  popbridge account device add alice@example.org scanner
  popbridge account device add alice@example.org scanner --password
  popbridge account device revoke alice@example.org scanner`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	device.AddCommand(
		accountDeviceAddCommand(),
		ledgerCommand(&cobra.Command{
			Use:   "remove ACCOUNT DEVICE",
			Short: "Take a device off the list of those that may log in",
			Long: `Take a device off the list of those that may log in; a password of its own is gone with
it. What it has hidden stays remembered, so that it can be added again. A device that
has logged in without having been added is listed, and is on no list to be taken off.`,
			Example: "  popbridge account device remove alice@example.org scanner",
		}, []string{"ACCOUNT", "DEVICE"}, removeDevice),
		ledgerCommand(&cobra.Command{
			Use:   "revoke ACCOUNT DEVICE",
			Short: "Take a device's password away",
			Long: `Take a device's own password away. On every proxy that shares the ledger its sessions
end within about a second, nothing that they have marked is deleted, and its next
login is refused.`,
			Example: "  popbridge account device revoke alice@example.org scanner",
		}, []string{"ACCOUNT", "DEVICE"}, revokeDevice),
		ledgerCommand(&cobra.Command{
			Use:     "list ACCOUNT",
			Short:   "List the devices of an account, those added and those that have logged in",
			Example: "  popbridge account device list alice@example.org",
		}, []string{"ACCOUNT"}, listDevices),
	)
	return device
}

func removeDevice(ctx context.Context, env *environment, args []string) error {
	account, device, err := env.deviceWithPassword(args[0], args[1])
	if err != nil {
		return err
	}
	if err := env.store.RemoveDevice(ctx, account, device); err != nil {
		return env.notAdded(ctx, account, device, err)
	}
	outcome := "is refused at its next login"
	if env.cfg.Login.Devices != configs.DevicesKnown {
		outcome = `is off the list, and a password of its own is gone; with the account's password it may log in all the same, since login.devices is "any"`
	}
	return env.reportDevice("removed", account, device, fmt.Sprintf("device %s of %s %s\n", device, account, outcome))
}

// notAdded explains why a device cannot be removed that "device list" shows.
func (env *environment) notAdded(ctx context.Context, account, device string, err error) error {
	if !errors.Is(err, ledger.ErrUnknown) {
		return err
	}
	known, unknown := env.store.Account(ctx, account)
	if unknown != nil || !hasLoggedIn(known, device) {
		return err
	}
	return fmt.Errorf("%w as one that was added; it is listed since it has logged in; %s", err, keptOut(env.cfg.Login.Devices))
}

// keptOut says what keeps a device out that was never added.
func keptOut(devices configs.Devices) string {
	if devices == configs.DevicesKnown {
		return `it is refused since login.devices is "known"`
	}
	return `to keep it out set login.devices to "known", and add the others`
}

func revokeDevice(ctx context.Context, env *environment, args []string) error {
	account, device, err := env.deviceWithPassword(args[0], args[1])
	if err != nil {
		return err
	}
	if err := env.store.Secrets.RevokeDevicePassword(ctx, account, device); err != nil {
		return err
	}
	return env.reportDevice("revoked", account, device, fmt.Sprintf("the password of device %s of %s is revoked\n", device, account))
}

func (env *environment) reportDevice(what, account, device, text string) error {
	if env.json {
		return env.print(map[string]string{"account": account, what: device})
	}
	_, err := io.WriteString(env.out, text)
	return err
}

// remarkDevices warns that the list of devices is not asked for.
func (env *environment) remarkDevices() {
	if env.cfg.Login.Devices != configs.DevicesKnown {
		fmt.Fprintln(env.cmd.ErrOrStderr(), `popbridge: login.devices is "any": every device may log in, added or not`)
	}
}
