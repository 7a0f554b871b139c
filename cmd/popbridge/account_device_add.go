package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

func accountDeviceAddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add ACCOUNT DEVICE",
		Short: "Allow a device to log in, with --password by its own password",
		Long: `Allow a device to log in if login.devices is "known". With --password it also gets a
password of its own, for routes with login = "device" or "either". The password is
printed once and cannot be shown again; what is stored lets nobody log in. The password
also tells which device it belongs to, so a device that cannot type +scanner after its
account does not have to. It may be typed in capitals and with spaces or hyphens, except
where the device only proves it (SCRAM, APOP, CRAM-MD5): then it must be as printed.

With --apop the device may also log in with APOP and CRAM-MD5, on listeners with
apop = true. That has a price: the password itself is stored, encrypted with
state.secrets_key, and whoever has both the ledger and the key can read it.

With --expect 1h the device is overdue when it has not logged in for an hour, whatever
its route says: "account show", the page, the API, the metrics and notify tell. auto learns
from its habit, which takes eight days, and 0s expects nothing. For a device that was
added before, only this changes.

With --accounts a device of each account in a file gets its own password, and --csv names
the file for them, with a line ACCOUNT,DEVICE,PASSWORD each. The device is called pop3,
unless DEVICE says otherwise; no login has to name it. If the run is interrupted, run the
same command again: it goes on with the passwords that the file has, and once all have
theirs it changes nothing. A file of other accounts or another device is left as it is. An
account whose device has a password already is named, and gets no line.`,
		Example: `  popbridge account device add alice@example.org scanner
  popbridge account device add alice@example.org scanner --password --label "2nd floor"
  popbridge account device add alice@example.org panel --expect 1h
  popbridge account device add --accounts accounts.txt --csv passwords.csv`,
	}
	var n desk.NewDevice
	cmd.Flags().BoolVar(&n.Password, "password", false, "make a password for this device, and print it")
	cmd.Flags().BoolVar(&n.APOP, "apop", false, "with --password: store it for APOP and CRAM-MD5, encrypted with state.secrets_key")
	cmd.Flags().StringVar(&n.Label, "label", "", "a note to show in lists")
	cmd.Flags().StringVar(&n.Expect, "expect", "", "how often the device is expected to log in: 1h, auto (its habit), 0s (never)")
	accounts := cmd.Flags().String("accounts", "", "a file of accounts, one per line, each of which gets a password")
	sheet := cmd.Flags().String("csv", "", "with --accounts: the file for the passwords")
	cmd = deskCommand(acting(cmd), []string{"ACCOUNT", "DEVICE"}, func(ctx context.Context, env *environment, args []string) error {
		if !n.Password && (n.Label != "" || n.APOP) {
			return usageError{errors.New("--label and --apop are only for passwords; add --password")}
		}
		if n.Expect != "" {
			if err := new(translate.Expect).UnmarshalText([]byte(n.Expect)); err != nil {
				return usageError{fmt.Errorf("--expect: %w", err)}
			}
		}
		return addDevice(ctx, env, args, n)
	})
	cmd.MarkFlagsRequiredTogether("accounts", "csv")
	cmd.MarkFlagsMutuallyExclusive("accounts", "server")
	cmd.MarkFlagsMutuallyExclusive("accounts", "expect")
	one, oneArgs := cmd.RunE, cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if *accounts == "" {
			return oneArgs(cmd, args)
		}
		return noArguments(cmd, args[min(len(args), 1):])
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *accounts == "" {
			return one(cmd, args)
		}
		device := append(args, bulkDevice)[0]
		return inLedger(cmd, []string{"DEVICE"}, []string{device}, func(ctx context.Context, env *environment, _ []string) error {
			return addDevices(ctx, env, *accounts, *sheet, device, n)
		})
	}
	return cmd
}

func addDevice(ctx context.Context, env *environment, args []string, n desk.NewDevice) error {
	added, err := env.desk.AddDevice(ctx, args[0], args[1], n)
	if err != nil {
		return err
	}
	for _, remark := range added.Remarks {
		fmt.Fprintf(env.cmd.ErrOrStderr(), "popbridge: warning: %s\n", remark)
	}
	account, device := added.Account, added.Device
	if !n.Password {
		return env.reportDevice("added", account, device, fmt.Sprintf("device %s of %s may log in%s\n", device, account, expectedWords(n.Expect)))
	}
	if env.json {
		return env.print(map[string]string{"account": account, "device": device, "password": added.Password})
	}
	// The only time that it is in clear.
	_, err = fmt.Fprintf(env.out, "Device %s of %s now has its own password, which is shown only once:\n\n  %s\n\nTo type it: %s\n",
		device, account, added.Password, translate.GroupDevicePassword(added.Password))
	return err
}

// expectedWords say how often a device is expected; nothing where that was not asked for.
func expectedWords(expect string) string {
	var e translate.Expect
	switch {
	case expect == "" || e.UnmarshalText([]byte(expect)) != nil:
		return ""
	case e.Never():
		return ", and nothing is expected of it"
	case e.Auto:
		return ", and is overdue if it stays away longer than usual"
	}
	return ", and is overdue if it has not done so for " + e.String()
}
