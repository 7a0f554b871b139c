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
		Short: "Manage an account's devices and their passwords",
		Long: `Manage which devices of an account may log in if login.devices is "known": a mistyped
device name is then refused, instead of downloading everything as a new device. On a
route with login = "device" or "either", give each device its own password, which can be
revoked without affecting the others.`,
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
			Short: "Remove a device from the list of those that may log in",
			Long: `Remove a device from the list of those that may log in, along with its password. What
it has hidden is still remembered in case it is added again. A device that has logged in
without being added is shown by "list", but cannot be removed.`,
			Example: "  popbridge account device remove alice@example.org scanner",
		}), []string{"ACCOUNT", "DEVICE"}, removeDevice),
		deskCommand(acting(&cobra.Command{
			Use:   "revoke ACCOUNT DEVICE",
			Short: "Revoke a device's password",
			Long: `Revoke a device's password. Its sessions end within about a second on every proxy that
shares the ledger, nothing they have marked is deleted, and its next login is refused.`,
			Example: "  popbridge account device revoke alice@example.org scanner",
		}), []string{"ACCOUNT", "DEVICE"}, revokeDevice),
		deskCommand(&cobra.Command{
			Use:     "list ACCOUNT",
			Short:   "List an account's devices, both added and seen",
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
	return env.reportDevice("revoked", d.Account, d.Device, fmt.Sprintf("the password of device %s of %s has been revoked\n", d.Device, d.Account))
}

func (env *environment) reportDevice(what, account, device, text string) error {
	if env.json {
		return env.print(map[string]string{"account": account, what: device})
	}
	_, err := io.WriteString(env.out, text)
	return err
}
