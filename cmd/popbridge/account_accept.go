package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
)

func accountAcceptCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accept-new-ids ACCOUNT",
		Short: "Let devices download everything again after a mailbox was rebuilt",
		Long: `Allow the next login to give the messages of a mailbox new unique-ids. Otherwise the
login is refused if the mailbox has a new UIDVALIDITY and its messages cannot be
recognised, as after restoring the wrong mailbox. Every device that leaves messages on
the server will download all of them again, and that cannot be undone. The permission
is used up by the login that needs it, and lapses if the old mailbox comes back. If no
mailbox is on hold, nothing changes.`,
		Example: "  popbridge account accept-new-ids alice@example.org",
	}
	maildrop := cmd.Flags().String("maildrop", "", "the maildrop, if the account has several")
	return ledgerCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return acceptNewIDs(ctx, env, args[0], *maildrop)
	})
}

func acceptNewIDs(ctx context.Context, env *environment, name, maildrop string) error {
	account, err := env.account(name)
	if err != nil {
		return err
	}
	if maildrop == "" {
		known, err := env.store.Account(ctx, account)
		if err != nil {
			return err
		}
		if maildrop, err = onlyMaildrop(known); err != nil {
			return err
		}
	}
	frozen, err := env.store.AcceptNewIDs(ctx, account, maildrop)
	if err != nil {
		return err
	}
	if env.json {
		return env.print(map[string]any{"account": account, "maildrop": maildrop, "agreed": frozen})
	}
	if !frozen {
		_, err = fmt.Fprintf(env.out, "maildrop %s of %s is not held back, so there is nothing to accept; nothing was changed\n", maildrop, account)
		return err
	}
	_, err = fmt.Fprintf(env.out, "the next login of %s, maildrop %s, may give messages new unique-ids\n", account, maildrop)
	return err
}

func onlyMaildrop(a ledger.AccountDetails) (string, error) {
	var names []string
	for _, p := range a.Pages {
		if !slices.Contains(names, p.Maildrop) {
			names = append(names, p.Maildrop)
		}
	}
	switch len(names) {
	case 0:
		return "", fmt.Errorf("account %q has never logged in, so there are no unique-ids to replace", a.Name)
	case 1:
		return names[0], nil
	}
	return "", usageError{fmt.Errorf("account %q has several maildrops; add --maildrop with one of %s", a.Name, strings.Join(names, ", "))}
}
