package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
)

// moveFlags are the flags of account move.
type moveFlags struct {
	to, before, after      string
	back, verified, force  bool
	hold                   time.Duration
	accounts, passwordFile string
	parallel               int
}

func accountMoveCommand() *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "move (ACCOUNT… | --accounts FILE) (--to NEW | --back) --config FILE",
		Short: "Serve accounts from another upstream",
		Long: `Serve accounts from another upstream, from their next login on, on every popbridge
that shares the ledger. Nothing is reloaded; what is said here is stronger than the
routes. Devices keep their unique-ids, the order of their messages, and what they
have deleted. Messages are matched first, as far as that has not been done. A mailbox
that is empty, or holds less than is known, is refused without --force.

With --hold the account's new logins get [SYS/TEMP] meanwhile: its sessions finish,
--before runs (the last synchronisation), the account is matched and verified again
and moved, --after runs (delivery is switched), and logins are let in again. Both
commands are run by /bin/sh with POPBRIDGE_ACCOUNT, POPBRIDGE_FROM and POPBRIDGE_TO.
Where a step fails or the time is over the account stays where it was.

--back takes accounts to where they were before they were moved, and leaves those
alone that are there already. What was deleted since the move stays hidden there.`,
		Example: `  popbridge account move alice@example.org --to new --password-file /run/alice --config popbridge.yaml
  popbridge account move --accounts batch7.txt --to new --require-verified --parallel 8 --config popbridge.yaml
  popbridge account move alice@example.org --to new --password-file /run/alice --hold 10m --before 'sync-last' --after 'switch-delivery' --config popbridge.yaml
  popbridge account move alice@example.org --back --password-file /run/alice --config popbridge.yaml`,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "the upstream that accounts go to")
	flags.BoolVar(&f.back, "back", false, "take accounts back to where they were before they were moved")
	flags.BoolVar(&f.verified, "require-verified", false, "compare first, and refuse accounts that are not ready")
	flags.BoolVar(&f.force, "force", false, "move although the new mailbox is empty or holds less, is not ready, or cannot be looked into")
	flags.DurationVar(&f.hold, "hold", 0, "put off logins, for so long at most, while the account is moved")
	flags.StringVar(&f.before, "before", "", "with --hold: a command that runs before the move")
	flags.StringVar(&f.after, "after", "", "a command that runs after the move; where it fails the account goes back")
	flags.StringVar(&f.accounts, "accounts", "", "a file of accounts, one to a line: account or account:password")
	flags.StringVar(&f.passwordFile, "password-file", "", "a file with the password of the one ACCOUNT")
	flags.IntVar(&f.parallel, "parallel", 4, "how many accounts are moved at once")
	cmd.MarkFlagsOneRequired("to", "back")
	cmd.MarkFlagsMutuallyExclusive("to", "back")
	cmd.MarkFlagsMutuallyExclusive("accounts", "password-file")
	var names []string
	cmd = ledgerCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error { return moveAccounts(ctx, env, f, names) })
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		names = args
		return errors.Join(noArguments(cmd, nil), f.check(args))
	}
	return cmd
}

// check finds flags that contradict each other.
func (f moveFlags) check(names []string) error {
	text := ""
	switch {
	case len(names) == 0 && f.accounts == "":
		text = "ACCOUNT is missing, or --accounts"
	case len(names) > 0 && f.accounts != "":
		text = "name accounts, or give --accounts, not both"
	case len(names) > 1 && f.passwordFile != "":
		text = "--password-file is for one ACCOUNT; give --accounts with a file of account:password"
	case f.before != "" && f.hold == 0:
		text = "--before needs --hold: without it devices may change the mailbox while the command runs"
	case f.hold < 0:
		text = "--hold is a time, such as 10m"
	case f.parallel < 1:
		text = fmt.Sprintf("--parallel %d: at least 1", f.parallel)
	default:
		return nil
	}
	return usageError{fmt.Errorf("%s; see %q", text, "popbridge account move --help")}
}

func moveAccounts(ctx context.Context, env *environment, f moveFlags, names []string) error {
	// Ctrl-C lets accounts that are being moved go again at once.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	b := newBatch(env, f.parallel)
	var err error
	if b.Accounts, err = f.readAccounts(env, names); err != nil {
		return err
	}
	if f.to != "" {
		if _, ok := env.cfg.Upstream[f.to]; !ok {
			return usageError{fmt.Errorf("--to: upstream %q is not in the configuration; there is %s", f.to, strings.Join(sortedKeys(env.cfg.Upstream), ", "))}
		}
	}
	pool := env.upstreams()
	defer pool.Close()
	b.site = newSite(env, pool)
	order := migration.Order{
		To: f.to, RequireVerified: f.verified, Force: f.force, Hold: f.hold,
		Before: hook(f.before, env.cmd.ErrOrStderr()), After: hook(f.after, env.cmd.ErrOrStderr()),
	}
	done, err := migration.ForEach(ctx, b.Batch, "move", func(ctx context.Context, a migration.Account) (migration.Moved, error) {
		return b.site.Move(ctx, a, order)
	})
	return errors.Join(reportMoves(env, done), err)
}

func (f moveFlags) readAccounts(env *environment, names []string) ([]migration.Account, error) {
	if len(names) <= 1 {
		one := batchFlags{accounts: f.accounts, passwordFile: f.passwordFile}
		if len(names) == 1 {
			one.account = names[0]
		}
		return one.readAccounts(env)
	}
	lines := strings.NewReader(strings.Join(names, "\n"))
	accounts, err := migration.ReadAccounts(lines, env.account)
	if err != nil {
		return nil, usageError{err}
	}
	return accounts, nil
}

// movedAccount is what is said of one account.
type movedAccount struct {
	Account string `json:"account"`
	migration.Moved
	Error string `json:"error,omitempty"`
}

func reportMoves(env *environment, done []migration.Done[migration.Moved]) error {
	list := make([]movedAccount, len(done))
	for i, one := range done {
		list[i] = movedAccount{Account: one.Account.Name, Moved: one.Result}
		if one.Err != nil {
			list[i].Error = one.Err.Error()
		}
	}
	if env.json {
		return env.print(list)
	}
	t := newTable(env.out, "", "ACCOUNT", "FROM", "TO", "VERDICT", "DELETIONS REPEATED", "REMARKS")
	for _, m := range list {
		if m.Error == "" {
			t.row(m.Account, m.From, m.To, m.Verdict, strconv.Itoa(m.Repeated), strings.Join(m.Remarks, "; "))
		}
	}
	return t.end()
}
