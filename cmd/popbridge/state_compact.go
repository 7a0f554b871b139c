package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/database"
)

func stateCompactCommand() *cobra.Command {
	return wholeCommand(acting(&cobra.Command{
		Use:   "compact",
		Short: "Give back the disk space of what was removed",
		Long: `Give back the disk space of what was removed, such as forgotten accounts or old lines of
the journal, and print what the ledger takes before and after. A SQLite file is written
anew, which needs free space of its size once more, and the service must be stopped.
PostgreSQL keeps the space for new rows (VACUUM), and the service may run.`,
		Example: "  popbridge state compact",
	}), func(ctx context.Context, env *environment, o ledger.Options) error {
		before, after, err := database.Compact(ctx, database.Options{Driver: o.Driver, Source: o.Source, Log: func(string, string, ...any) {}})
		if errors.Is(err, database.ErrServed) {
			return fmt.Errorf("the ledger %s is served: stop the popbridge that serves it first", o.Source)
		}
		if err != nil {
			return err
		}
		if env.json {
			return env.print(map[string]int64{"before": before, "after": after})
		}
		_, err = fmt.Fprintf(env.out, "The ledger took %d octets, and takes %d now.\n", before, after)
		return err
	})
}
