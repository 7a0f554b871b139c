package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/transfer"
	"popbridge/translate"
)

func stateCopyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "copy --to FILE|postgres://…",
		Short: "Copy the ledger from SQLite to PostgreSQL, or back",
		Long: `Copy everything that is remembered to another database: from SQLite to PostgreSQL, back,
or from one to another of the same kind. Stop every popbridge that uses either side first;
the command refuses to run if one does. The target must be an empty database, or a file
that does not exist yet. Nothing is changed in the ledger that is copied.

At the end the rows of every table are counted and summed up on both sides and compared.
If the command is interrupted, run it again: it goes on where it was. Until it has
finished, no popbridge starts with the target. If the ledger was served in the meantime,
the command says so; --restart empties the unfinished copy and begins again.

Afterwards set state.driver and state.source to the target, and start the service. Run the
command as the service's user, to whom a new file must belong. Put a password for
PostgreSQL in ~/.pgpass or PGPASSWORD: everybody on this machine can read arguments.`,
		Example: `  popbridge state copy --to postgres://popbridge@db.example.org/popbridge
  popbridge state copy --to /var/lib/popbridge/state.db`,
	}
	var to databaseFlag
	cmd.Flags().Var(&to, "to", "where to: a file for SQLite, or PostgreSQL's connection string")
	restart := cmd.Flags().Bool("restart", false, "empty an unfinished copy first")
	if err := cmd.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag was added above
	}
	return wholeCommand(acting(cmd), func(ctx context.Context, env *environment, from ledger.Options) error {
		silent := func(string, string, ...any) {}
		r, err := transfer.Copy(ctx, transfer.Options{
			From:    database.Options{Driver: from.Driver, Source: from.Source, Log: silent},
			To:      database.Options{Driver: to.driver(), Source: to.source, Log: silent},
			Restart: *restart,
			Progress: func(table string, rows int64) {
				fmt.Fprintf(env.cmd.ErrOrStderr(), "%s: %s\n", table, translate.Count(int(rows), "row"))
			},
		})
		if err != nil {
			return err
		}
		if env.json {
			return env.print(r)
		}
		_, err = fmt.Fprintf(env.out, "%s of %s copied, and the same on both sides. To use the copy, set state.driver = %q and state.source to it.\n",
			translate.Count(int(r.Rows), "row"), translate.Count(len(r.Tables), "table"), to.driver())
		return err
	})
}

// databaseFlag is where a ledger lies, as one word of a command line.
type databaseFlag struct{ source string }

func (p *databaseFlag) Set(text string) error {
	if text == "" {
		return errors.New("write a file, or a connection string such as postgres://user@host/database")
	}
	p.source = text
	return nil
}

func (p *databaseFlag) Type() string { return "string" }

// String is without a password, since the audit trail has it.
func (p *databaseFlag) String() string {
	if p.driver() == database.SQLite {
		return p.source
	}
	u, err := url.Parse(p.source)
	if err != nil || u.Scheme == "" {
		return "postgres"
	}
	u.RawQuery = ""
	return u.Redacted()
}

// driver tells a connection string from the name of a file.
func (p *databaseFlag) driver() string {
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		if strings.HasPrefix(p.source, scheme) {
			return database.Postgres
		}
	}
	for _, word := range []string{"host=", "dbname=", "service="} {
		if strings.HasPrefix(p.source, word) || strings.Contains(p.source, " "+word) {
			return database.Postgres
		}
	}
	return database.SQLite
}
