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
	"popbridge/translate"
)

// moveFlags are the flags of migrate move and migrate back.
type moveFlags struct {
	back                   bool // the command is migrate back
	to, before, after      string
	verified, force, dry   bool
	hold                   time.Duration
	accounts, passwordFile string
	parallel               int
	all                    bool
}

func migrateMoveCommand() *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "move (ACCOUNT… | --accounts FILE) --to NEW",
		Short: "Serve accounts from another upstream",
		Long: `Serve accounts from another upstream from their next login on, on every popbridge that
shares the ledger. No reload is needed; a move takes precedence over the routes. Devices
keep their unique-ids, the order of their messages, and what they have deleted. Messages
that have not been matched yet are matched first. A mailbox that is empty, or contains
less than is known, is refused without --force. If several accounts are given, those
that have already moved are skipped.

With --hold, new logins of the account get [SYS/TEMP] for the time being: its sessions
finish, --before runs (the last synchronisation), the account is matched, verified and
moved, --after runs (switching delivery), and logins are accepted again. Both commands
are run by /bin/sh with POPBRIDGE_ACCOUNT, POPBRIDGE_FROM and POPBRIDGE_TO set. If a step
fails or the time runs out, the account stays where it was.

--dry-run holds no logins and runs neither command; it compares on the basis of the last
match. To go back, use "popbridge migrate back".`,
		Example: `  popbridge migrate move alice@example.org --to new --password-file /run/alice --dry-run
  popbridge migrate move --accounts batch7.txt --to new --require-verified --parallel 8
  popbridge migrate move alice@example.org --to new --password-file /run/alice --hold 10m --before 'sync-last' --after 'switch-delivery'`,
	}
	cmd.Flags().StringVar(&f.to, "to", "", "the upstream to move to")
	if err := cmd.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag was added in the line above
	}
	return f.command(cmd)
}

// command adds the flags that both ways have.
func (f *moveFlags) command(cmd *cobra.Command) *cobra.Command {
	flags := cmd.Flags()
	flags.BoolVar(&f.verified, "require-verified", false, "compare first, and refuse accounts that are not ready")
	flags.BoolVar(&f.force, "force", false, "move even if the other mailbox is empty or contains less, is not ready, or cannot be examined")
	flags.BoolVar(&f.dry, "dry-run", false, "only show what would happen")
	flags.DurationVar(&f.hold, "hold", 0, "hold logins back during the move, for at most this long")
	flags.StringVar(&f.before, "before", "", "with --hold: a command to run before the move")
	flags.StringVar(&f.after, "after", "", "a command to run after the move; if it fails, the account stays where it was")
	flags.StringVar(&f.accounts, "accounts", "", "a file of accounts, one per line: account or account:password")
	flags.StringVar(&f.passwordFile, "password-file", "", "a file with the password of the one ACCOUNT")
	flags.IntVar(&f.parallel, "parallel", 4, "how many accounts to move at once")
	flags.BoolVar(&f.all, "all", false, "list all accounts, not only those with problems")
	cmd.MarkFlagsMutuallyExclusive("accounts", "password-file")
	cmd.MarkFlagsMutuallyExclusive("force", "dry-run")
	var names []string
	cmd = ledgerCommand(acting(cmd), nil, func(ctx context.Context, env *environment, _ []string) error {
		return moveAccounts(ctx, env, *f, names)
	})
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		names = args
		return errors.Join(noArguments(cmd, nil), f.check(cmd, args))
	}
	return cmd
}

// check finds flags that contradict each other.
func (f *moveFlags) check(cmd *cobra.Command, names []string) error {
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
	return usageError{fmt.Errorf("%s; see %q", text, cmd.CommandPath()+" --help")}
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
	if !f.back {
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
	name, work := "move", b.site.Move
	if f.back {
		name = "back"
	}
	if f.dry {
		work = b.site.Preview
	}
	if len(b.Accounts) > 1 {
		work = againInBatch(work)
	}
	done, err := migration.ForEach(ctx, b.Batch, name, func(ctx context.Context, a migration.Account) (migration.Moved, error) {
		return work(ctx, a, order)
	})
	return errors.Join(reportMoves(env, done, f), err)
}

// againInBatch passes over accounts that are there already, so that a batch that was
// broken off can be run again.
func againInBatch(work func(context.Context, migration.Account, migration.Order) (migration.Moved, error)) func(context.Context, migration.Account, migration.Order) (migration.Moved, error) {
	return func(ctx context.Context, a migration.Account, o migration.Order) (migration.Moved, error) {
		m, err := work(ctx, a, o)
		if errors.Is(err, migration.ErrThere) {
			return migration.Moved{From: o.To, To: o.To}, nil
		}
		return m, err
	}
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
	DryRun bool   `json:"dry_run,omitempty"`
	Error  string `json:"error,omitempty"`
}

func reportMoves(env *environment, done []migration.Done[migration.Moved], f moveFlags) error {
	list, lines := make([]movedAccount, len(done)), make([]outcome, len(done))
	failed, there := 0, 0
	for i, one := range done {
		m := movedAccount{Account: one.Account.Name, Moved: one.Result, DryRun: f.dry}
		remarks := m.Remarks
		if one.Err != nil {
			failed++
			m.Error = one.Err.Error()
			remarks = append([]string{"failed: " + m.Error}, remarks...)
		} else if m.From == m.To {
			there++
		}
		list[i] = m
		// Remarks are rare, and somebody should read them.
		lines[i] = outcome{[]string{m.Account, m.From, m.To, m.Verdict, strconv.Itoa(m.Repeated), strings.Join(remarks, "; ")}, len(remarks) > 0}
	}
	if env.json {
		return env.print(list)
	}
	verb := "moved"
	if f.dry {
		verb = "would be moved"
	}
	total := fmt.Sprintf("%s %s, %d already there, %d failed", translate.Count(len(done)-failed-there, "account"), verb, there, failed)
	return env.report(f.all || len(done) == 1, []string{"ACCOUNT", "FROM", "TO", "VERDICT", "DELETIONS REPEATED", "REMARKS"}, lines, total)
}
