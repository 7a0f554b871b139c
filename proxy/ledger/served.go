package ledger

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Shown gives what is remembered of a maildrop for all of its devices together, as
// it is served from a mailbox under a UIDVALIDITY: unique-ids, places and sizes.
// served is false where devices know the maildrop from elsewhere, or not at all.
// Nothing is hidden in it. It takes no lock.
func (s *Store) Shown(ctx context.Context, account, maildrop string, box translate.Box, validity uint32) (known translate.Known, served bool, err error) {
	return s.shown(ctx, &Page{store: s, key: backend.PageKey{Account: database.Name(account), Maildrop: database.Name(maildrop)}}, box, validity)
}

// ShownBeside is Shown of a mailbox that is shown beside the maildrop's first.
func (s *Store) ShownBeside(ctx context.Context, account, maildrop string, box translate.Box, validity uint32) (known translate.Known, served bool, err error) {
	p := &Page{store: s, key: backend.PageKey{Account: database.Name(account), Maildrop: database.Name(maildrop), Mailbox: box.Mailbox}, beside: true}
	p.turn(validity)
	return s.shown(ctx, p, box, validity)
}

func (s *Store) shown(ctx context.Context, p *Page, box translate.Box, validity uint32) (known translate.Known, served bool, err error) {
	if p.mailbox, err = s.Mailboxes.Read(ctx, "", box); err != nil {
		return known, false, s.db.Explain(err)
	}
	state, err := database.Retry(ctx, func() (backend.State, error) { return p.known(ctx, validity) })
	state.Hidden = nil
	return state.Known, err == nil && p.row.boundTo(p.mailbox.Row.ID, validity), s.db.Explain(err)
}
