package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

func accountListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the accounts that have logged in",
		Long: `List the accounts that have logged in, by name, with their maildrops, the number of
devices seen, and the last login of any device, to the hour. An account is frozen if its
logins are refused because a mailbox has a new UIDVALIDITY and is empty, or its messages
are unknown; see "account accept-new-ids". One that is disabled is shown with the time
since when it is.`,
		Example: "  popbridge account list\n  popbridge account list --filter @example.org --json",
	}
	filter := cmd.Flags().String("filter", "", "list only accounts whose name contains this text, in capitals or not")
	return deskCommand(cmd, nil, func(ctx context.Context, env *environment, _ []string) error {
		return listAccounts(ctx, env, *filter)
	})
}

// listedAtOnce is how many accounts are asked for at once.
const listedAtOnce = 500

// eachAccount calls f for the accounts whose names contain a text, as they are read.
func eachAccount(ctx context.Context, env *environment, filter string, f func(desk.ListedAccount) error) error {
	filter = strings.ToLower(filter)
	for after := ""; ; {
		page, err := env.desk.Accounts(ctx, desk.AccountQuery{After: after, Limit: listedAtOnce})
		if err != nil || len(page.Accounts) == 0 {
			return err
		}
		for _, a := range page.Accounts {
			if after = a.Name; strings.Contains(strings.ToLower(a.Name), filter) {
				if err := f(a); err != nil {
					return err
				}
			}
		}
	}
}

// streamAccounts writes each account before the next is read: a million of them are
// never in memory together.
func streamAccounts(ctx context.Context, env *environment, filter string) error {
	before, end := "[\n  ", "[]\n"
	err := eachAccount(ctx, env, filter, func(a desk.ListedAccount) error {
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("  ", "  ")
		if err := e.Encode(a); err != nil {
			return err
		}
		_, err := fmt.Fprint(env.out, before, strings.TrimSuffix(text.String(), "\n"))
		before, end = ",\n  ", "\n]\n"
		return err
	})
	if err == nil {
		_, err = fmt.Fprint(env.out, end)
	}
	return err
}

func listAccounts(ctx context.Context, env *environment, filter string) error {
	if env.json {
		return streamAccounts(ctx, env, filter)
	}
	var accounts []desk.ListedAccount
	err := eachAccount(ctx, env, filter, func(a desk.ListedAccount) error {
		accounts = append(accounts, a)
		return nil
	})
	if err != nil {
		return err
	}
	frozen, disabled := 0, 0
	for _, a := range accounts {
		if a.Frozen != translate.NotFrozen {
			frozen++
		}
		if !a.Disabled.IsZero() {
			disabled++
		}
	}
	columns := []string{"ACCOUNT", "MAILDROPS", "DEVICES", "LAST LOGIN"}
	if frozen > 0 {
		columns = append(columns, "FROZEN")
	}
	if disabled > 0 {
		columns = append(columns, "DISABLED")
	}
	t := newTable(env.out, "", columns...)
	for _, a := range accounts {
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
