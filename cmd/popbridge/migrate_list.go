package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrateListCommand() *cobra.Command {
	return ledgerCommand(&cobra.Command{
		Use:   "list",
		Short: "List the accounts that were moved to another upstream",
		Long: `List the accounts that were moved with "popbridge migrate move", where they are
served and where they were before, and those that a command is at work on. First come
those that are held, worked on, or not moved to the end.`,
		Example: "  popbridge migrate list",
	}, nil, listMoved)
}

// listedMove is an account that was moved.
type listedMove struct {
	Account  string    `json:"account"`
	Upstream string    `json:"upstream,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Pending  bool      `json:"pending,omitempty"` // the command after the move has not ended
	Held     bool      `json:"held,omitempty"`
	Sessions int       `json:"sessions,omitempty"` // of a held account, which may finish
	Working  bool      `json:"working,omitempty"`
}

func listMoved(ctx context.Context, env *environment, _ []string) error {
	moves, err := env.store.Progress.Moves(ctx)
	if err != nil {
		return err
	}
	list := []listedMove{}
	for _, m := range moves {
		if m.Upstream == "" && !m.Working {
			continue // where its routes lead, as if it had never been moved
		}
		one := moveOf(m)
		if m.Held {
			if one.Sessions, err = env.store.Events.Sitting(ctx, m.Account); err != nil {
				return err
			}
		}
		list = append(list, one)
	}
	if env.json {
		return env.print(list)
	}
	lines := make([]outcome, len(list))
	for i, m := range list {
		lines[i] = outcome{[]string{m.Account, m.Upstream, m.Origin, at(m.At), m.state()}, m.Held || m.Working || m.Pending}
	}
	total := fmt.Sprintf("%s moved or being worked on, %d to look at", translate.Count(len(list), "account"), problems(lines))
	return env.report(true, []string{"ACCOUNT", "SERVED FROM", "BEFORE", "MOVED", "STATE"}, lines, total)
}

func moveOf(m migration.Placed) listedMove {
	return listedMove{Account: m.Account, Upstream: m.Upstream, Origin: m.Origin, At: m.At, Pending: m.Pending != "", Held: m.Held, Working: m.Working}
}

// words say where the account is served by an operator's word, and the way back.
func (m listedMove) words() string {
	if m.Upstream == "" {
		return m.state()
	}
	return fmt.Sprintf("served from upstream %s since %s, whatever the routes say; before from %s (%s); see popbridge migrate list", m.Upstream, at(m.At), m.Origin, m.state())
}

func (m listedMove) state() string {
	switch {
	case m.Held && m.Sessions > 0:
		return "held: " + translate.Count(m.Sessions, "session") + " may finish"
	case m.Held:
		return "held: logins are put off"
	case m.Working:
		return "a command is at work"
	case m.Pending:
		return "moved, but --after has not run to its end"
	}
	return "moved"
}
