package migration

import (
	"context"
	"fmt"

	"popbridge/translate"
)

// Detect says what sort of unique-ids an account has on the upstream from, and
// whether the upstream to can make them itself. It lists the mailbox there, and on the
// upstream from where nothing is remembered of it yet, and reads no message.
func (s *Site) Detect(ctx context.Context, from, to string, a Account) ([]translate.Detected, error) {
	old, err := s.remembered(ctx, from, a)
	if err != nil {
		return nil, err
	}
	defer old.close()
	if old.inventory.Listing.UIDValidity == 0 {
		if err := old.list(ctx); err != nil {
			return nil, fmt.Errorf("%w; it could not be asked either: %w", errNothingKnown, err)
		}
	}
	fresh, err := s.remembered(ctx, to, a)
	if err != nil {
		return nil, err
	}
	defer fresh.close()
	if err := fresh.list(ctx); err != nil {
		return nil, err
	}
	match, err := s.Ledger.Mailboxes.LoadMapping(ctx, old.inventory.Box, fresh.inventory.Box)
	if err != nil {
		return nil, err
	}
	if match.OldValidity != old.inventory.Listing.UIDValidity || match.NewValidity != fresh.inventory.Listing.UIDValidity {
		match.Pairs = nil
	}
	return translate.DetectIDs(old.inventory.Listing, fresh.inventory.Listing, match.Pairs), nil
}
