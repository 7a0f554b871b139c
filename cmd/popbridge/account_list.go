package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"popbridge/translate"
)

// listedAccount is an account in a list.
type listedAccount struct {
	Name      string    `json:"account"`
	Maildrops []string  `json:"maildrops"`
	Devices   int       `json:"devices"`
	LastLogin time.Time `json:"last_login,omitzero"`
	// Frozen is why logins are refused since the mailbox has another identity.
	Frozen translate.Freeze `json:"frozen,omitempty"`
}

func accountListCommand() *cobra.Command {
	return ledgerCommand(&cobra.Command{
		Use:   "list",
		Short: "List the accounts that have logged in",
		Long: `List the accounts that have logged in, by name, with their maildrops, the number of
devices that were seen, and the last login of any of them, which is exact to an hour.
Frozen are those whose logins are refused because the mailbox has another UIDVALIDITY
and is empty, or its messages are unknown; see "account accept-new-ids".`,
		Example: "  popbridge account list\n  popbridge account list --json",
	}, nil, listAccounts)
}

func listAccounts(ctx context.Context, env *environment, _ []string) error {
	accounts := []listedAccount{}
	frozen := 0
	for a, err := range env.store.Accounts(ctx) {
		if err != nil {
			return err
		}
		if a.Frozen != translate.NotFrozen {
			frozen++
		}
		accounts = append(accounts, listedAccount(a))
	}
	if env.json {
		return env.print(accounts)
	}
	columns := []string{"ACCOUNT", "MAILDROPS", "DEVICES", "LAST LOGIN"}
	if frozen > 0 {
		columns = append(columns, "FROZEN")
	}
	t := newTable(env.out, "", columns...)
	for _, a := range accounts {
		row := []string{a.Name, strings.Join(a.Maildrops, ", "), strconv.Itoa(a.Devices), at(a.LastLogin), string(a.Frozen)}
		t.row(row[:len(columns)]...)
	}
	if err := t.end(); err != nil || frozen == 0 {
		return err
	}
	_, err := fmt.Fprintf(env.out, "%s frozen: logins are refused, see popbridge account show\n", translate.Count(frozen, "account"))
	return err
}
