package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrationCommand() *cobra.Command {
	m := &cobra.Command{
		Use:     "migration",
		Short:   "See how far a migration is",
		Example: "  popbridge migration status --config popbridge.yaml",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	m.AddCommand(migrationStatusCommand())
	return m
}

func migrationStatusCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "status --config FILE",
		Short: "Print how many accounts are learned, harvested, matched, verified and moved",
		Long: `Print how many accounts are learned (listed on an old server, by a session or a
command), harvested, matched, verified and moved, with the problems that are left, how
many were done in the last hour, and how long the rest will take at that rate. The rest
is that of --accounts, else of all accounts that anything is known of. Old servers are
the upstreams with protocol = pop3. The last lines say how many of their messages are
known by content, and which accounts have problems.`,
		Example: `  popbridge migration status --config popbridge.yaml
  popbridge migration status --accounts all.txt --json --config popbridge.yaml`,
	}
	cmd.Flags().StringVar(&file, "accounts", "", "a file of all accounts that are to be moved, one to a line")
	return ledgerCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error { return migrationStatus(ctx, env, file) })
}

// shownProblems is how many problems the table names.
const shownProblems = 20

func migrationStatus(ctx context.Context, env *environment, file string) error {
	old := migration.OldUpstreams(env.cfg)
	if len(old) == 0 {
		fmt.Fprintln(env.cmd.ErrOrStderr(), "popbridge: no upstream has protocol = pop3: nothing is migrated away from")
	}
	var wanted map[string]bool
	if file != "" {
		var err error
		if wanted, err = env.population(file); err != nil {
			return err
		}
	}
	s, err := migration.StatusOf(ctx, env.store, old, wanted)
	if err != nil {
		return err
	}
	if env.json {
		return env.print(s)
	}
	return writeStatus(env, s)
}

// population reads which accounts there are.
func (env *environment) population(path string) (map[string]bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	accounts, err := migration.ReadAccounts(f, env.account)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	wanted := make(map[string]bool, len(accounts))
	for _, a := range accounts {
		wanted[a.Name] = true
	}
	return wanted, nil
}

func writeStatus(env *environment, s migration.Status) error {
	t := newTable(env.out, "", "STEP", "ACCOUNTS", "OF", "PROBLEMS", "LAST HOUR", "TIME LEFT")
	for _, line := range s.Steps {
		left := ""
		if line.LeftSecs > 0 {
			left = (time.Duration(line.LeftSecs) * time.Second).Round(time.Minute).String()
		}
		t.row(string(line.Step), strconv.Itoa(line.Accounts), strconv.Itoa(line.Of), strconv.Itoa(line.Problems), strconv.Itoa(line.LastHour), left)
	}
	if err := t.end(); err != nil {
		return err
	}
	if s.Messages == 0 {
		fmt.Fprintln(env.out, "no messages on old servers are known yet")
	} else {
		percent := 100 * float64(s.Known) / float64(s.Messages)
		fmt.Fprintf(env.out, "%d of %s on old servers known by content (%.1f %%)\n", s.Known, translate.Count(s.Messages, "message"), percent)
	}
	if len(s.Problems) == 0 {
		return nil
	}
	fmt.Fprintln(env.out)
	t = newTable(env.out, "", "ACCOUNT", "STEP", "PROBLEM")
	for _, p := range s.Problems[:min(shownProblems, len(s.Problems))] {
		t.row(p.Account, string(p.Step), p.Note)
	}
	if err := t.end(); err != nil {
		return err
	}
	if more := len(s.Problems) - shownProblems; more > 0 {
		fmt.Fprintf(env.out, "and %d more; --json names them all\n", more)
	}
	return nil
}
