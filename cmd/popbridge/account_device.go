package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
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
		deskCommand(acting(&cobra.Command{
			Use:   "remove ACCOUNT DEVICE",
			Short: "Take a device off the list of those that may log in",
			Long: `Take a device off the list of those that may log in; a password of its own is gone with
it. What it has hidden stays remembered, so that it can be added again. A device that
has logged in without having been added is listed, and is on no list to be taken off.`,
			Example: "  popbridge account device remove alice@example.org scanner",
		}), []string{"ACCOUNT", "DEVICE"}, removeDevice),
		deskCommand(acting(&cobra.Command{
			Use:   "revoke ACCOUNT DEVICE",
			Short: "Take a device's password away",
			Long: `Take a device's own password away. On every proxy that shares the ledger its sessions
end within about a second, nothing that they have marked is deleted, and its next
login is refused.`,
			Example: "  popbridge account device revoke alice@example.org scanner",
		}), []string{"ACCOUNT", "DEVICE"}, revokeDevice),
		deskCommand(&cobra.Command{
			Use:     "list ACCOUNT",
			Short:   "List the devices of an account, those added and those that have logged in",
			Example: "  popbridge account device list alice@example.org",
		}, []string{"ACCOUNT"}, listDevices),
	)
	return device
}

func removeDevice(ctx context.Context, env *environment, args []string) error {
	d, err := env.desk.RemoveDevice(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	outcome := "is refused at its next login"
	if d.LetIn {
		outcome = `is off the list, and a password of its own is gone; with the account's password it may log in all the same, since login.devices is "any"`
	}
	return env.reportDevice("removed", d.Account, d.Device, fmt.Sprintf("device %s of %s %s\n", d.Device, d.Account, outcome))
}

func revokeDevice(ctx context.Context, env *environment, args []string) error {
	d, err := env.desk.RevokeDevice(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	return env.reportDevice("revoked", d.Account, d.Device, fmt.Sprintf("the password of device %s of %s is revoked\n", d.Device, d.Account))
}

func (env *environment) reportDevice(what, account, device, text string) error {
	if env.json {
		return env.print(map[string]string{"account": account, what: device})
	}
	_, err := io.WriteString(env.out, text)
	return err
}
