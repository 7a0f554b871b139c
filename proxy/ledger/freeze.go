package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Freeze notes that the page's mailbox under this UIDVALIDITY is not served, and why.
// It gives since when that is so; a new reason does not begin anew, and what lies
// ahead of now was written by a clock that was rolled back.
func (p *Page) Freeze(ctx context.Context, why translate.Freeze, validity uint32) (since time.Time, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		since, err = p.freeze(ctx, why, validity)
		return err
	})
	return since, err
}

func (p *Page) freeze(ctx context.Context, why translate.Freeze, validity uint32) (since time.Time, err error) {
	now := time.Now()
	err = p.commit(ctx, func(tx database.Querier) error {
		page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
		if err != nil {
			return err
		}
		var was string
		var of, at int64
		if err := tx.Row(ctx, "SELECT frozen, frozen_validity, frozen_at FROM pages WHERE id = $1", page.page).Scan(&was, &of, &at); err != nil {
			return err
		}
		if was == string(why) && of == int64(validity) && at <= now.UnixMilli() {
			since = time.UnixMilli(at)
			return nil
		}
		since = now
		if err := p.store.Notices.Raise(ctx, tx, p.held(why)); err != nil {
			return err
		}
		return tx.Exec(ctx, "UPDATE pages SET frozen = $2, frozen_validity = $3, frozen_at = $4 WHERE id = $1", page.page, string(why), int64(validity), now.UnixMilli())
	})
	if err == nil {
		err = p.readRow(ctx)
	}
	return since, err
}

// thaw says that the page is served again. An agreement to new unique-ids that was
// not needed is void then: it was given for another mailbox.
func thaw(ctx context.Context, tx database.Querier, page int64) error {
	return tx.Exec(ctx, "UPDATE pages SET frozen = '', accept_new_ids = false WHERE id = $1 AND frozen <> ''", page)
}

// frozenQuery reads the index of those that are frozen, and no others.
const frozenQuery = "SELECT frozen, COUNT(DISTINCT account) FROM pages WHERE frozen <> '' GROUP BY frozen"

// Frozen counts accounts that are not served, by why.
func (s *Store) Frozen(ctx context.Context) (map[translate.Freeze]int64, error) {
	frozen := map[translate.Freeze]int64{translate.FrozenEmpty: 0, translate.FrozenUnknown: 0}
	err := s.db.View().Each(ctx, func(scan func(...any) error) error {
		var why translate.Freeze
		var n int64
		err := scan(&why, &n)
		frozen[why] = n
		return err
	}, frozenQuery)
	return frozen, s.db.Explain(err)
}

// AcceptNewIDs lets the next login of an account's maildrop give its messages
// new unique-ids, though devices will download them again. It reports whether the
// maildrop was frozen: where it is not there is nothing to agree to, and nothing is
// kept for a mailbox that may be rebuilt one day. It fails with ErrUnknown where that
// maildrop has never been served.
func (s *Store) AcceptNewIDs(ctx context.Context, account, maildrop string) (frozen bool, err error) {
	err = s.db.Update(ctx, func(tx database.Querier) error {
		var id int64
		err := tx.Row(ctx, "UPDATE pages SET accept_new_ids = true WHERE account = $1 AND maildrop = $2 AND frozen <> '' RETURNING id", database.Name(account), database.Name(maildrop)).Scan(&id)
		if frozen = err == nil; frozen || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return unknown(tx.Row(ctx, "SELECT id FROM pages WHERE account = $1 AND maildrop = $2", database.Name(account), database.Name(maildrop)).Scan(&id), account, maildrop)
	})
	return frozen, s.db.Explain(err)
}

// unknown says what was not found.
func unknown(err error, account, maildrop string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("account %q with maildrop %q: %w", account, maildrop, ErrUnknown)
	}
	return err
}
