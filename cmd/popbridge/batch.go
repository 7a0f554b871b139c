package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/migration"
)

// batch is what a command works with that goes through many accounts.
type batch struct {
	*environment
	migration.Batch
	site     *migration.Site
	upstream map[string]string // the flag's name -> the upstream that it names
	all      bool              // accounts without problems are named too
}

// batchFlags are the flags of such a command.
type batchFlags struct {
	account, accounts, passwordFile string
	parallel                        int
	all                             bool
	upstream                        map[string]*string
}

// upstreamFlags say what an upstream is to a command, by the flag that names it.
var upstreamFlags = map[string]string{
	"from":     "the upstream to move from",
	"to":       "the upstream to move to",
	"upstream": "the upstream to work on",
}

// batchCommand completes a command that works on many accounts of the named
// upstreams: "from" and "to", or "upstream". Arguments are none.
func batchCommand(cmd *cobra.Command, upstreams []string, run func(context.Context, *batch) error) *cobra.Command {
	f := newBatchFlags(cmd, upstreams)
	cmd.Flags().StringVar(&f.passwordFile, "password-file", "", "a file with the password of --account")
	cmd.MarkFlagsOneRequired("account", "accounts")
	cmd.MarkFlagsMutuallyExclusive("password-file", "accounts")
	return f.command(cmd, run)
}

// storeCommand is batchCommand for a command that reads a mail store: it needs no
// password, and without --account and --accounts it finds the accounts itself.
func storeCommand(cmd *cobra.Command, upstreams []string, run func(context.Context, *batch) error) *cobra.Command {
	return newBatchFlags(cmd, upstreams).command(cmd, run)
}

func newBatchFlags(cmd *cobra.Command, upstreams []string) *batchFlags {
	f := &batchFlags{upstream: make(map[string]*string)}
	for _, flag := range upstreams {
		f.upstream[flag] = cmd.Flags().String(flag, "", upstreamFlags[flag])
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag was added in the line above
		}
	}
	cmd.Flags().StringVar(&f.account, "account", "", "one account")
	cmd.Flags().StringVar(&f.accounts, "accounts", "", "a file of accounts, one per line: account or account:password")
	cmd.Flags().IntVar(&f.parallel, "parallel", 4, "how many accounts to work on at once")
	cmd.Flags().BoolVar(&f.all, "all", false, "list all accounts, not only those with problems")
	cmd.MarkFlagsMutuallyExclusive("account", "accounts")
	return f
}

func (f *batchFlags) command(cmd *cobra.Command, run func(context.Context, *batch) error) *cobra.Command {
	return ledgerCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error {
		b, err := f.batch(env)
		if err != nil {
			return err
		}
		pool := env.upstreams()
		defer pool.Close()
		b.site = newSite(env, pool)
		return run(ctx, b)
	})
}

// takeFlags add --force, with its meaning, and --dry-run.
func takeFlags(cmd *cobra.Command, force string) func() migration.Take {
	forced := cmd.Flags().Bool("force", false, force)
	dry := cmd.Flags().Bool("dry-run", false, "only show what would happen")
	cmd.MarkFlagsMutuallyExclusive("force", "dry-run")
	return func() migration.Take {
		switch {
		case *dry:
			return migration.DryRun
		case *forced:
			return migration.Force
		}
		return migration.Careful
	}
}

func newBatch(env *environment, parallel int) *batch {
	told := env.cmd.ErrOrStderr()
	return &batch{environment: env, Batch: migration.Batch{Parallel: parallel, Told: told, Terminal: isTerminal(told), Did: env.did}, upstream: make(map[string]string)}
}

// newSite lets commands into upstreams as the service would get in.
func newSite(env *environment, pool service.Upstreams) *migration.Site {
	return &migration.Site{
		Config:      env.cfg,
		Ask:         pool.Lookup.Ask,
		OpenMailbox: pool.OpenMailbox,
		Ledger:      env.store, Client: netip.IPv6Loopback(), Log: hclog.NewNullLogger(),
	}
}

// batch reads the flags against the configuration.
func (f *batchFlags) batch(env *environment) (*batch, error) {
	b := newBatch(env, f.parallel)
	if f.parallel < 1 {
		return nil, usageError{fmt.Errorf("--parallel %d: at least 1", f.parallel)}
	}
	for flag, name := range f.upstream {
		if _, ok := env.cfg.Upstream[*name]; !ok {
			return nil, usageError{fmt.Errorf("--%s: upstream %q is not in the configuration; there is %s", flag, *name,
				strings.Join(slices.Sorted(maps.Keys(env.cfg.Upstream)), ", "))}
		}
		b.upstream[flag] = *name
	}
	if from, to := b.upstream["from"], b.upstream["to"]; from != "" && from == to {
		return nil, usageError{errors.New("--from and --to name the same upstream")}
	}
	var err error
	b.Accounts, err = f.readAccounts(env)
	b.all = f.all || len(b.Accounts) == 1
	return b, err
}

func (f *batchFlags) readAccounts(env *environment) ([]migration.Account, error) {
	if f.accounts != "" {
		file, err := os.Open(f.accounts)
		if err != nil {
			return nil, usageError{err}
		}
		defer file.Close()
		accounts, err := migration.ReadAccounts(file, env.account)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", f.accounts, err)}
		}
		if len(accounts) == 0 {
			return nil, usageError{fmt.Errorf("%s names no account", f.accounts)}
		}
		if slices.ContainsFunc(accounts, func(a migration.Account) bool { return !a.Password.Empty() }) {
			env.warnOthers(f.accounts)
		}
		return accounts, nil
	}
	if f.account == "" {
		return nil, nil
	}
	name, err := env.account(f.account)
	if err != nil {
		return nil, err
	}
	var password configs.Secret
	if f.passwordFile != "" {
		if password, err = env.readPassword(f.passwordFile); err != nil {
			return nil, err
		}
	}
	return []migration.Account{{Name: name, Password: password}}, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
