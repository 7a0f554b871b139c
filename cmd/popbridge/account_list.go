package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

func accountListCommand() *cobra.Command {
	return deskCommand(&cobra.Command{
		Use:   "list",
		Short: "List the accounts that have logged in",
		Long: `List the accounts that have logged in, by name, with their maildrops, the number of
devices seen, and the last login of any device, to the hour. An account is frozen if its
logins are refused because a mailbox has a new UIDVALIDITY and is empty, or its messages
are unknown; see "account accept-new-ids". One that is disabled is shown with the time
since when it is.`,
		Example: "  popbridge account list\n  popbridge account list --json",
	}, nil, listAccounts)
}

func listAccounts(ctx context.Context, env *environment, _ []string) error {
	page, err := env.desk.Accounts(ctx, desk.AccountQuery{})
	if err != nil {
		return err
	}
	frozen, disabled := 0, 0
	for _, a := range page.Accounts {
		if a.Frozen != translate.NotFrozen {
			frozen++
		}
		if !a.Disabled.IsZero() {
			disabled++
		}
	}
	if env.json {
		return env.print(page.Accounts)
	}
	columns := []string{"ACCOUNT", "MAILDROPS", "DEVICES", "LAST LOGIN"}
	if frozen > 0 {
		columns = append(columns, "FROZEN")
	}
	if disabled > 0 {
		columns = append(columns, "DISABLED")
	}
	t := newTable(env.out, "", columns...)
	for _, a := range page.Accounts {
		row := []string{a.Name, strings.Join(a.Maildrops, ", "), strconv.Itoa(a.Devices), at(a.LastLogin)}
		if frozen > 0 {
			row = append(row, string(a.Frozen))
		}
		if disabled > 0 {
			since := ""
			if !a.Disabled.IsZero() {
				since = at(a.Disabled)
			}
			row = append(row, since)
		}
		t.row(row...)
	}
	if err := t.end(); err != nil || frozen == 0 {
		return err
	}
	_, err = fmt.Fprintf(env.out, "%s frozen: logins are refused, see popbridge account show\n", translate.Count(frozen, "account"))
	return err
}
