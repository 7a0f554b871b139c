package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// listedAccount is an account in a list.
type listedAccount struct {
	Name      string    `json:"account"`
	Maildrops []string  `json:"maildrops"`
	Devices   int       `json:"devices"`
	LastLogin time.Time `json:"last_login,omitzero"`
}

func accountListCommand() *cobra.Command {
	return ledgerCommand(&cobra.Command{
		Use:   "list --config FILE",
		Short: "List the accounts that have logged in",
		Long: `List the accounts that have logged in, by name, with their maildrops, the number of
devices that were seen, and the last login of any of them, which is exact to an hour.`,
		Example: "  popbridge account list --config popbridge.yaml\n  popbridge account list --config popbridge.yaml --json",
	}, nil, listAccounts)
}

func listAccounts(ctx context.Context, d *desk, _ []string) error {
	t := newTable(d.out, "", "ACCOUNT", "MAILDROPS", "DEVICES", "LAST LOGIN")
	accounts := []listedAccount{}
	for a, err := range d.store.Accounts(ctx) {
		if err != nil {
			return err
		}
		if d.json {
			accounts = append(accounts, listedAccount(a))
			continue
		}
		t.row(a.Name, strings.Join(a.Maildrops, ", "), strconv.Itoa(a.Devices), at(a.LastLogin))
	}
	if d.json {
		return d.print(accounts)
	}
	return t.end()
}
