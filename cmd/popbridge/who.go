package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/proxy/admin/desk"
)

func whoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "who",
		Short: "Show who is logged in now, on every running popbridge",
		Long: `Show who is logged in now on every popbridge that shares the ledger, the longest session
first. The running services are asked, and answer within about a second. The state is
"authorization" during a login, "transaction" while the device works, and "update" from
QUIT on, or while what the session has learned is being stored. This needs a ledger on
disk.`,
		Example: `  popbridge who
  popbridge who --account alice@example.org --json`,
	}
	account := cmd.Flags().String("account", "", "only the sessions of this account")
	return deskCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error { return who(ctx, env, *account) })
}

func who(ctx context.Context, env *environment, account string) error {
	r, err := env.desk.Sessions(ctx, account)
	if err != nil {
		return err
	}
	if env.json {
		err = env.print(r)
	} else {
		err = writeRoll(env, r, account)
	}
	if err != nil {
		return err
	}
	return complete(r)
}

// complete is an error where somebody may be logged in who was not told of.
func complete(r desk.Roll) error {
	switch {
	case len(r.Silent) > 0:
		return fmt.Errorf("no answer within %s from %s: it hangs, was killed in the last seconds, or is of another version", clerk.Patience, strings.Join(r.Silent, ", "))
	case len(r.Proxies) == 0:
		return errors.New("no popbridge is running with this ledger")
	}
	return nil
}

// writeRoll prints it for people.
func writeRoll(env *environment, r desk.Roll, account string) error {
	if len(r.Proxies) == 0 {
		return nil
	}
	if len(r.Sessions) == 0 {
		whose := "nobody"
		if account != "" {
			whose = "no device of " + env.accountWord(account)
		}
		_, err := fmt.Fprintf(env.out, "%s is logged in at %s\n", whose, strings.Join(r.Proxies, ", "))
		return err
	}
	t := newTable(env.out, "", "ACCOUNT", "DEVICE", "CLIENT", "LISTENER", "TLS", "UPSTREAM", "STATE", "SINCE", "POPBRIDGE")
	for _, s := range r.Sessions {
		device, tls := s.Device, "no"
		if device == "" {
			device = "(none)"
		}
		if s.TLS {
			tls = "yes"
		}
		t.row(s.Account, device, s.Client, s.Listener, tls, s.Upstream, s.State, at(s.Since), s.Proxy)
	}
	return t.end()
}
