package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/ledger"
)

func stateCommand() *cobra.Command {
	state := &cobra.Command{
		Use:   "state",
		Short: "Copy, check and compact what is remembered",
		Long: `Work on the ledger as a whole: the SQLite file or the PostgreSQL database that state in
the configuration names.`,
		Example: "  popbridge state copy --to postgres://popbridge@db.example.org/popbridge",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	state.AddCommand(stateCopyCommand(), stateCheckCommand(), stateCompactCommand())
	return state
}

// wholeCommand completes a command that works on the ledger's database as a whole, and
// opens that itself.
func wholeCommand(cmd *cobra.Command, run func(context.Context, *environment, ledger.Options) error) *cobra.Command {
	path := configFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for scripts")
	cmd.Args = noArguments
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := configPath(*path)
		if err != nil {
			return err
		}
		cfg, problems := configs.Load(file)
		if errs := problems.Errors(); len(errs) > 0 {
			report(cmd.ErrOrStderr(), errs)
			return usageError{errReported}
		}
		o, err := ledgerThere(cfg.State)
		if err != nil {
			return err
		}
		env := &environment{cmd: cmd, cfg: cfg, out: cmd.OutOrStdout(), json: *asJSON}
		return env.witnessed(nil, args, func() error { return run(cmd.Context(), env, o) })
	}
	return cmd
}

// ledgerThere says where the ledger is, which other processes must be able to see. A file
// must be there: one made by the wrong user would be in the service's way.
func ledgerThere(c configs.State) (o ledger.Options, err error) {
	if c.Driver == configs.DriverMemory {
		return o, usageError{errors.New(`state.driver is "memory": this command needs a ledger on disk, sqlite or postgres`)}
	}
	if o, err = service.LedgerOptions(c, hclog.NewNullLogger()); err != nil || c.Driver != configs.DriverSQLite {
		return o, err
	}
	if _, err := os.Stat(o.Source); errors.Is(err, fs.ErrNotExist) {
		return o, fmt.Errorf("there is no ledger at %s; the service creates it when it starts. %s", o.Source, service.OtherPlaces(c))
	}
	return o, nil
}
