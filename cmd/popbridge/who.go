package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/events"
)

// whoPatience is how long answers are waited for: a running service looks every
// second whether somebody asks.
const whoPatience = 3 * time.Second

// presentSession is a session, with the popbridge that has it.
type presentSession struct {
	backend.SessionInfo
	Proxy string `json:"proxy"`
}

// roll is what scripts read.
type roll struct {
	Proxies  []string         `json:"proxies"` // that have answered
	Silent   []string         `json:"silent"`  // that have not, and seem to be running
	Sessions []presentSession `json:"sessions"`
}

func whoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "who",
		Short: "Show who is logged in now, on every running popbridge",
		Long: `Show who is logged in now, on every popbridge that shares the ledger, the longest
session first. The running services are asked, and answer within about a second. The
state is "authorization" while a login is being tried, "transaction" while the device
works, "update" from QUIT on, and while what was learned is being written down.
It needs a ledger on disk.`,
		Example: `  popbridge who
  popbridge who --account alice@example.org --json`,
	}
	account := cmd.Flags().String("account", "", "only the sessions of this account")
	return ledgerCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error { return who(ctx, env, *account) })
}

func who(ctx context.Context, env *environment, account string) (err error) {
	if account != "" {
		if account, err = env.account(account); err != nil {
			return err
		}
	}
	answers, err := env.store.Events.Who(ctx, account, whoPatience)
	if err != nil {
		return err
	}
	r := newRoll(answers)
	if env.json {
		err = env.print(r)
	} else {
		err = r.write(env, account)
	}
	if err != nil {
		return err
	}
	return r.complete()
}

func newRoll(answers events.Roll) roll {
	r := roll{Proxies: slices.AppendSeq([]string{}, maps.Keys(answers.Present)), Silent: append([]string{}, answers.Silent...), Sessions: []presentSession{}}
	slices.Sort(r.Proxies)
	for _, proxy := range r.Proxies {
		for _, p := range answers.Present[proxy] {
			r.Sessions = append(r.Sessions, presentSession{p, proxy})
		}
	}
	slices.SortStableFunc(r.Sessions, func(a, b presentSession) int { return a.Since.Compare(b.Since) })
	return r
}

// complete is an error where somebody may be logged in who was not told of.
func (r roll) complete() error {
	switch {
	case len(r.Silent) > 0:
		return fmt.Errorf("no answer within %s from %s: it hangs, was killed in the last seconds, or is of another version", whoPatience, strings.Join(r.Silent, ", "))
	case len(r.Proxies) == 0:
		return errors.New("no popbridge is running with this ledger")
	}
	return nil
}

// write prints the roll for people.
func (r roll) write(env *environment, account string) error {
	if len(r.Proxies) == 0 {
		return nil
	}
	if len(r.Sessions) == 0 {
		whose := "nobody"
		if account != "" {
			whose = "no device of " + account
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
