package migration

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"popbridge/proxy/migration/mailstore"
)

// importCSV reads the file twice: what is wrong in it is said before anything is
// written down. In between it holds one account in memory.
func (s *Site) importCSV(ctx context.Context, b Batch, o ImportOrder) ([]Done[ImportedAccount], error) {
	total := 0
	for _, err := range o.groups(b.Accounts) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.path, err)
		}
		total++
	}
	if total == 0 {
		return nil, fmt.Errorf("%s has no such account", o.path)
	}
	progress := NewProgress(b.Told, b.Terminal, "import", total)
	var done []Done[ImportedAccount]
	for g, err := range o.groups(b.Accounts) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.path, err)
		}
		said, err := s.importAccount(ctx, o, g.account, g.messages, nil)
		a := Account{Name: g.account}
		done = append(done, Done[ImportedAccount]{Account: a, Result: said, Err: err})
		progress.Did(a, err)
	}
	progress.End()
	return done, failures(progress.Failed(), total)
}

// group is the messages of one account.
type group struct {
	account  string
	messages []mailstore.Message
}

// groups yields the accounts of a CSV file that are wanted, all where none is named.
// A file without accounts is of the one that is named.
func (o ImportOrder) groups(accounts []Account) iter.Seq2[group, error] {
	wanted := make(map[string]bool, len(accounts))
	for _, a := range accounts {
		wanted[a.Name] = true
	}
	return func(yield func(group, error) bool) {
		file, err := os.Open(o.path)
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
			case account == "" && len(accounts) == 1:
				account = accounts[0].Name
			case account == "":
				err = errors.New("it does not say whose messages they are: add a column account, or --account")
			default:
				account, err = o.Account(account)
			}
			if err == nil && account != g.account {
				if seen[account] {
					err = fmt.Errorf("the lines of account %q are not together", account)
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
