package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

func kickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kick ACCOUNT",
		Short: "End the sessions of an account, on every running popbridge",
		Long: `End the sessions of an account, or of one of its devices, on every popbridge that
shares the ledger. Their connections are closed within about a second, and nothing
that they have marked is deleted. The devices may log in again at once: to keep them
out, change the password or the route. It needs a ledger on disk.`,
		Example: `  popbridge kick alice@example.org
  popbridge kick alice@example.org --device scanner`,
	}
	device := cmd.Flags().String("device", "", "only the sessions of this device")
	return ledgerCommand(cmd, []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return kick(ctx, env, args[0], *device)
	})
}

func kick(ctx context.Context, env *environment, name, device string) error {
	account, err := env.account(name)
	if err != nil {
		return err
	}
	known, err := env.store.Account(ctx, account)
	if err != nil {
		return err
	}
	if device != "" && !hasLoggedIn(known, device) {
		return fmt.Errorf("device %q of account %q has never logged in; see %q", device, account, "popbridge account device list")
	}
	if err := env.store.Events.Publish(ctx, events.Event{Kind: events.Kick, Account: account, Device: device}); err != nil {
		return err
	}
	if env.json {
		return env.print(map[string]string{"kicked": account, "device": device})
	}
	whose := account
	if device != "" {
		whose = "device " + device + " of " + account
	}
	_, err = fmt.Fprintf(env.out, "sessions of %s end within about a second, on every popbridge that is running with this ledger\n", whose)
	return err
}

func hasLoggedIn(a ledger.AccountDetails, device string) bool {
	for _, p := range a.Pages {
		for _, d := range p.Devices {
			if strings.EqualFold(d.Name, device) {
				return true
			}
		}
	}
	return false
}
