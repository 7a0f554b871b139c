package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"popbridge/proxy/migration"
	"popbridge/proxy/migration/mailstore"
)

// importCSV reads the file twice: what is wrong in it is said before anything is
// written down. In between it holds one account in memory.
func (f importFlags) importCSV(ctx context.Context, b *batch) error {
	wanted := make(map[string]bool, len(b.accounts))
	for _, a := range b.accounts {
		wanted[a.Name] = true
	}
	total := 0
	for _, err := range b.groups(f.path, wanted) {
		if err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		total++
	}
	if total == 0 {
		return fmt.Errorf("%s has no such account", f.path)
	}
	errOut := b.cmd.ErrOrStderr()
	progress := migration.NewProgress(errOut, isTerminal(errOut), "import", total)
	var done []migration.Done[importedAccount]
	for g, err := range b.groups(f.path, wanted) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		result, err := f.importAccount(ctx, b, g.account, g.messages, nil)
		a := migration.Account{Name: g.account}
		done = append(done, migration.Done[importedAccount]{Account: a, Result: result, Err: err})
		progress.Did(a, err)
	}
	progress.End()
	err := printImported(b, done)
	if failed := progress.Failed(); failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %s failed", failed, count(total, "account")))
	}
	return err
}

// group is the messages of one account.
type group struct {
	account  string
	messages []mailstore.Message
}

// groups yields the accounts of a file that are wanted, all where none is named. A
// file without accounts is of the one that is named.
func (b *batch) groups(path string, wanted map[string]bool) iter.Seq2[group, error] {
	return func(yield func(group, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(group{}, err)
			return
		}
		defer file.Close()
		var g group
		seen := make(map[string]bool)
		give := func() bool {
			return len(g.messages) == 0 || len(wanted) > 0 && !wanted[g.account] || yield(g, nil)
		}
		for row, err := range mailstore.ReadCSV(file) {
			account := row.Account
			switch {
			case err != nil:
			case account == "" && len(b.accounts) == 1:
				account = b.accounts[0].Name
			case account == "":
				err = errors.New("it does not say whose messages they are: add a column account, or --account")
			default:
				account, err = b.account(account)
			}
			if err == nil && account != g.account {
				if seen[account] {
					err = fmt.Errorf("the lines of account %q do not stand together", account)
				} else if !give() {
					return
				}
				g, seen[account] = group{account: account}, true
			}
			if err != nil {
				yield(group{}, err)
				return
			}
			g.messages = append(g.messages, row.Message)
		}
		give()
	}
}
