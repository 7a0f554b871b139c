package ledger

import (
	"context"

	"popbridge/translate"
)

// Shown gives what is remembered of a maildrop for all of its devices together, as
// it is served from a mailbox under a UIDVALIDITY: unique-ids, places and sizes.
// served is false where devices know the maildrop from elsewhere, or not at all.
// Nothing is hidden in it. It takes no lock.
func (s *Store) Shown(ctx context.Context, account, maildrop string, box translate.Box, validity uint32) (known translate.Known, served bool, err error) {
	p, err := s.boxPage(ctx, box)
	if err != nil {
		return known, false, s.scrub(err)
	}
	p.key.Account, p.key.Maildrop = name(account), name(maildrop)
	known, err = steady(ctx, func() (translate.Known, error) { return p.known(ctx, validity) })
	known.Hidden, known.Intent = nil, nil
	return known, err == nil && p.leaf.boundTo(p.shelf.mailbox, validity), s.scrub(err)
}
