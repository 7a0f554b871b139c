package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

func migrateListCommand() *cobra.Command {
	return ledgerCommand(&cobra.Command{
		Use:   "list",
		Short: "List the accounts that were moved",
		Long: `List the accounts that were moved with "popbridge migrate move", where they are served
now and where they were before, and the accounts that a command is working on. Those
that are held, being worked on, or not completely moved come first.`,
		Example: "  popbridge migrate list",
	}, nil, listMoved)
}

func listMoved(ctx context.Context, env *environment, _ []string) error {
	moves, err := env.store.Progress.Moves(ctx)
	if err != nil {
		return err
	}
	list := []desk.Move{}
	for _, m := range moves {
		if m.Upstream == "" && !m.Working {
			continue // where its routes lead, as if it had never been moved
		}
		one := clerk.MoveOf(m)
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
		lines[i] = outcome{[]string{m.Account, m.Upstream, m.Origin, at(m.At), m.State()}, m.Held || m.Working || m.Pending}
	}
	total := fmt.Sprintf("%s moved or in progress, %d with problems", translate.Count(len(list), "account"), problems(lines))
	return env.report(true, []string{"ACCOUNT", "SERVED FROM", "BEFORE", "MOVED", "STATE"}, lines, total)
}

// moveWords say where an account is served by an operator's word, and the way back.
func moveWords(m desk.Move) string {
	if m.Upstream == "" {
		return m.State()
	}
	return fmt.Sprintf("served from upstream %s since %s, whatever the routes say; before from %s (%s); see popbridge migrate list", m.Upstream, at(m.At), m.Origin, m.State())
}
