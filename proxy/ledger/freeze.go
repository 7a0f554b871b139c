package ledger

import (
	"context"
	"time"

	"popbridge/translate"
)

// Freeze notes that the page's mailbox under this UIDVALIDITY is not served, and why.
// It gives since when that is so; a new reason does not begin anew, and what lies
// ahead of now was written by a clock that was set back.
func (p *Page) Freeze(why translate.Freeze, validity uint32) (since time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	now := time.Now()
	err = p.commit(ctx, func(tx statements) error {
		page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
		if err != nil {
			return err
		}
		var was string
		var of, at int64
		if err := tx.row(ctx, "SELECT frozen, frozen_validity, frozen_at FROM pages WHERE id = $1", page.page).Scan(&was, &of, &at); err != nil {
			return err
		}
		if was == string(why) && of == int64(validity) && at <= now.UnixMilli() {
			since = time.UnixMilli(at)
			return nil
		}
		since = now
		return tx.exec(ctx, "UPDATE pages SET frozen = $2, frozen_validity = $3, frozen_at = $4 WHERE id = $1", page.page, string(why), int64(validity), now.UnixMilli())
	})
	if err == nil {
		err = p.readLeaf(ctx, p.store.db.view())
	}
	return since, p.store.unavailable(err)
}

// thaw says that the page is served again. An agreement to new unique-ids that was
// not needed is void then: it was given for another mailbox.
func thaw(ctx context.Context, tx statements, page int64) error {
	return tx.exec(ctx, "UPDATE pages SET frozen = '', accept_new_ids = false WHERE id = $1 AND frozen <> ''", page)
}

// Frozen counts accounts that are not served, by why.
func (s *Store) Frozen(ctx context.Context) (map[translate.Freeze]int64, error) {
	frozen := map[translate.Freeze]int64{translate.FrozenEmpty: 0, translate.FrozenUnknown: 0}
	err := s.db.view().each(ctx, func(scan func(...any) error) error {
		var why translate.Freeze
		var n int64
		err := scan(&why, &n)
		frozen[why] = n
		return err
	}, "SELECT frozen, COUNT(DISTINCT account) FROM pages WHERE frozen <> '' GROUP BY frozen")
	return frozen, s.scrub(err)
}
