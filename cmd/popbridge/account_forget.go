package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/route"
	"popbridge/translate"
)

func accountForgetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forget ACCOUNT",
		Short: "Remove everything that is remembered about an account",
		Long: `Remove everything that the ledger remembers about an account: its devices and what they
have hidden, unique-ids that cannot be computed again, and the journal of deletions.
Mail on the upstream is not touched. This cannot be undone, so the command asks first,
unless --yes is given.`,
		Example: "  popbridge account forget alice@example.org\n  popbridge account forget alice@example.org --yes",
	}
	yes := cmd.Flags().Bool("yes", false, "do not ask")
	return ledgerCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return forgetAccount(ctx, env, args[0], *yes)
	})
}

func forgetAccount(ctx context.Context, env *environment, name string, yes bool) error {
	account, err := env.account(name)
	if err != nil {
		return err
	}
	known, err := env.store.Account(ctx, account)
	if errors.Is(err, ledger.ErrUnknown) {
		known, err = ledger.AccountDetails{Name: account}, nil // it may have been harvested
	}
	if err != nil {
		return err
	}
	cfg, err := env.routesOf(ctx, account)
	if err != nil {
		return err
	}
	boxes := route.Boxes(cfg, account)
	if !yes {
		// There is nothing to agree to where nothing is known.
		if any, err := env.store.Remembers(ctx, account, boxes...); err != nil {
			return err
		} else if !any {
			return fmt.Errorf("account %q: %w", account, ledger.ErrUnknown)
		}
		explainForget(env.cmd.ErrOrStderr(), known)
		if err := confirm(env.cmd.InOrStdin(), env.cmd.ErrOrStderr(), "Forget "+account+"?"); err != nil {
			return err
		}
	}
	if err := env.store.Forget(ctx, account, boxes...); err != nil {
		return err
	}
	if env.json {
		return env.print(map[string]string{"forgotten": account})
	}
	_, err = fmt.Fprintf(env.out, "%s is forgotten; its devices start afresh at their next login\n", account)
	return err
}

// explainForget says what is lost and what devices will notice of it.
func explainForget(w io.Writer, a ledger.AccountDetails) {
	if len(a.Pages)+len(a.Added) == 0 {
		fmt.Fprintf(w, "No device of %s has logged in. What was learned of its mail on an old server would be forgotten: popbridge migrate harvest learns it again while that server is there.\n", a.Name)
		return
	}
	devices, hidden, pinned, journal, open := 0, 0, 0, 0, 0
	for _, p := range a.Pages {
		devices, pinned, journal, open = devices+len(p.Devices), pinned+p.Pinned, journal+p.Deletions, open+p.Intents
		for _, device := range p.Devices {
			hidden += device.Hidden
		}
	}
	fmt.Fprintf(w, "This would be forgotten about %s: %s in %s, %s, %s, %s, and %s of the journal.\n", a.Name,
		translate.Count(devices, "device"), translate.Count(len(a.Pages), "maildrop"), translate.Count(hidden, "hidden message"), translate.Count(pinned, "pinned unique-id"),
		translate.Count(len(a.Added), "added device"), translate.Count(journal, "line"))
	if hidden > 0 {
		fmt.Fprintln(w, "Hidden messages reappear: devices will download them, and may delete them again.")
	}
	if pinned > 0 {
		fmt.Fprintln(w, "Pinned unique-ids change: devices will download these messages again.")
	}
	if journal > 0 {
		fmt.Fprintln(w, "Without the journal nobody can say what was deleted, and undelete finds nothing.")
	}
	if open > 0 {
		fmt.Fprintf(w, "%s of a QUIT would not be completed.\n", translate.Count(open, "interrupted plan"))
	}
}

// errDeclined is a No to a question.
var errDeclined = errors.New("nothing was changed")

// confirm asks a question on a terminal. Whatever is not a clear yes is a no.
func confirm(in io.Reader, out io.Writer, question string) error {
	if f, ok := in.(*os.File); !ok || !isatty.IsTerminal(f.Fd()) {
		return usageError{errors.New("there is no terminal to ask for confirmation; add --yes to go ahead without asking")}
	}
	fmt.Fprint(out, question+" [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}
