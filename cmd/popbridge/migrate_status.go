package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrateStatusCommand() *cobra.Command {
	var file string
	var all bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the progress of a migration",
		Long: `Show how many accounts are learned (listed on an old server, by a session or a command),
harvested, matched, verified and moved, which problems are left, how many were done in
the last hour, and how long the rest will take at that rate. The total is the number of
accounts in --accounts, or of all accounts that anything is known about. Old servers are
the upstreams with protocol = pop3.

An account whose last harvest, match, verification or move failed is a problem, even if
an earlier one succeeded; what was learned then still counts. The last lines say how
many messages on old servers are known by content, and about how many accounts nothing
is known yet.`,
		Example: `  popbridge migrate status
  popbridge migrate status --accounts all.txt --json`,
	}
	cmd.Flags().StringVar(&file, "accounts", "", "a file of all accounts to be moved, one per line")
	cmd.Flags().BoolVar(&all, "all", false, fmt.Sprintf("name all accounts with problems, not only %d", shownProblems))
	return ledgerCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error {
		return migrationStatus(ctx, env, file, all)
	})
}

// shownProblems is how many problems the table names.
const shownProblems = 20

func migrationStatus(ctx context.Context, env *environment, file string, all bool) error {
	if len(migration.OldUpstreams(env.cfg)) == 0 {
		fmt.Fprintln(env.cmd.ErrOrStderr(), "popbridge: no upstream has protocol = pop3, so there is nothing to migrate from")
	}
	var wanted map[string]bool
	if file != "" {
		var err error
		if wanted, err = env.population(file); err != nil {
			return err
		}
	}
	pool := env.upstreams()
	defer pool.Close()
	s, err := migration.StatusOf(ctx, env.cfg, env.store, wanted, routesBy(pool, env.cfg))
	if err != nil {
		return err
	}
	if env.json {
		return env.print(s)
	}
	return writeStatus(env, s, all)
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

// writeStatus prints the problems, the steps, and what is known of the messages.
func writeStatus(env *environment, s migration.Status, all bool) error {
	shown := s.Problems
	if !all {
		shown = shown[:min(shownProblems, len(shown))]
	}
	if len(shown) > 0 {
		t := newTable(env.out, "", "ACCOUNT", "STEP", "PROBLEM")
		for _, p := range shown {
			t.row(p.Account, string(p.Step), p.Note)
		}
		if err := t.end(); err != nil {
			return err
		}
		if more := len(s.Problems) - len(shown); more > 0 {
			fmt.Fprintf(env.out, "and %d more; --all names them\n", more)
		}
		fmt.Fprintln(env.out)
	}
	t := newTable(env.out, "", "STEP", "ACCOUNTS", "OF", "PROBLEMS", "LAST HOUR", "TIME LEFT")
	for _, line := range s.Steps {
		left := ""
		if line.LeftSecs > 0 {
			left = inMinutes(time.Duration(line.LeftSecs) * time.Second)
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
	if s.Unlearned > 0 {
		fmt.Fprintf(env.out, "nothing is known about the mail of %s: harvest or import it\n", translate.Count(s.Unlearned, "account"))
	}
	return nil
}

// inMinutes writes a time without what is zero at its end: "1h", "2h5m", "0m".
func inMinutes(d time.Duration) string {
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		return short + "h"
	}
	return cmp.Or(text, "0m")
}
