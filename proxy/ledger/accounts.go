package ledger

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Account is one line of a list of accounts.
type Account struct {
	Name      string
	Maildrops []string
	Devices   int       // that have logged in, in all maildrops
	LastLogin time.Time // of any device, within an hour; zero for never
	// Frozen is why a maildrop of it is not served, since its mailbox has another
	// identity; empty where all are.
	Frozen translate.Freeze
	// Disabled is since when an operator lets nobody log in; zero where they may.
	Disabled time.Time
}

// accountsAtOnce is how many accounts are read with one statement.
const accountsAtOnce = 500

// Accounts yields all accounts that have logged in, by name. After an error it
// yields nothing more.
func (s *Store) Accounts(ctx context.Context) iter.Seq2[Account, error] {
	return s.AccountsAfter(ctx, "", "", 0)
}

// AccountsAfter is Accounts for those behind a name that begin with a prefix; both may be
// empty. Where no more than so many are wanted no more are read; 0: all are.
func (s *Store) AccountsAfter(ctx context.Context, prefix, after string, wanted int) iter.Seq2[Account, error] {
	atOnce := accountsAtOnce
	if wanted > 0 {
		atOnce = min(atOnce, wanted)
	}
	return func(yield func(Account, error) bool) {
		last, first := database.Name(after), database.Name(prefix)
		for {
			some, err := s.accounts(ctx, last, first, atOnce)
			if err != nil {
				yield(Account{}, s.db.Explain(err))
				return
			}
			for _, a := range some {
				if !strings.HasPrefix(a.Name, first) {
					return
				}
				last = a.Name
				a.Name = database.Unname(a.Name)
				if !yield(a, nil) {
					return
				}
			}
			if len(some) < atOnce {
				return
			}
		}
	}
}

// accounts gives those behind a name, and from another one on, so many at most.
func (s *Store) accounts(ctx context.Context, after, from string, atOnce int) (accounts []Account, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var account, maildrop string
		var frozen translate.Freeze
		var devices int
		var last, disabled int64
		if err := scan(&account, &maildrop, &devices, &last, &frozen, &disabled); err != nil {
			return err
		}
		if n := len(accounts); n == 0 || accounts[n-1].Name != account {
			accounts = append(accounts, Account{Name: account})
		}
		a := &accounts[len(accounts)-1]
		if page := database.Unname(maildrop); page == mainMaildrop(page) {
			a.Maildrops = append(a.Maildrops, page)
			a.Devices += devices
		}
		a.Frozen, a.Disabled = cmp.Or(a.Frozen, frozen), database.Moment(disabled)
		if at := database.Moment(last); at.After(a.LastLogin) {
			a.LastLogin = at
		}
		return nil
	}, fmt.Sprintf(`SELECT p.account, p.maildrop, COUNT(d.device), COALESCE(MAX(d.last_login), 0), MAX(p.frozen),
		COALESCE((SELECT m.disabled_at FROM moves m WHERE m.account = p.account), 0)
		FROM pages p LEFT JOIN page_devices d ON d.page_id = p.id
		WHERE %[2]s IN (SELECT DISTINCT %[1]s FROM pages q WHERE %[1]s > $1 AND %[1]s >= $2 ORDER BY 1 LIMIT $3)
		GROUP BY p.account, p.maildrop ORDER BY %[2]s, p.maildrop`, s.db.ByOctets("q.account"), s.db.ByOctets("p.account")), after, from, atOnce)
	return accounts, err
}
