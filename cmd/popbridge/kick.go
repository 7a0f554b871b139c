package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/translate"
)

func kickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kick ACCOUNT",
		Short: "End the sessions of an account, on every running popbridge",
		Long: `End the sessions of an account, or of one of its devices, on every popbridge that
shares the ledger, and say how many there were. Their connections are closed within
about a second, and nothing that they have marked is deleted. The devices may log in again at once: to keep them
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
	answers, err := env.store.Events.Who(ctx, account, whoPatience)
	if err != nil {
		return err
	}
	r := newRoll(answers)
	if device != "" {
		r.Sessions = slices.DeleteFunc(r.Sessions, func(s presentSession) bool { return !strings.EqualFold(s.Device, device) })
	}
	// Also where nobody seems to be logged in: one may be logging in now, and a proxy
	// that has not answered acts on it when it does.
	if err := env.store.Events.Publish(ctx, events.Event{Kind: events.Kick, Account: account, Device: device}); err != nil {
		return err
	}
	if env.json {
		return env.print(kicked{account, device, len(r.Sessions), r.Silent})
	}
	_, err = fmt.Fprintln(env.out, r.kicked(account, device))
	return err
}

// kicked is what scripts read.
type kicked struct {
	Account  string   `json:"kicked"`
	Device   string   `json:"device"`
	Sessions int      `json:"sessions"`
	Silent   []string `json:"silent"` // proxies that have not said who is logged in there
}

// kicked says whose sessions end.
func (r roll) kicked(account, device string) string {
	whose := account
	if device != "" {
		whose = "device " + device + " of " + account
	}
	text := fmt.Sprintf("%s of %s: ended within about a second", translate.Count(len(r.Sessions), "session"), whose)
	switch {
	case len(r.Proxies) == 0 && len(r.Silent) == 0:
		return "no popbridge is running with this ledger, so nobody was logged in as " + whose
	case len(r.Sessions) == 0:
		text = "nobody was logged in as " + whose
	}
	if len(r.Silent) > 0 {
		text += "; no answer from " + strings.Join(r.Silent, ", ") + ", whose sessions end too when it answers again"
	}
	return text
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
