package migration

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Verified is what a device would notice of a move.
type Verified struct {
	translate.Comparison
	// Hashes says that contents were compared too.
	Hashes bool
}

// Verify compares what a device sees from the upstream from with what it would see
// from the proxy on the upstream to: both are put together by the very code that
// serves devices. Where hashes is set every message is read on both sides, and its
// content compared, but for header fields that servers change. Hidden messages
// count, since each device hides its own.
func (s *Site) Verify(ctx context.Context, from, to string, a Account, hashes bool) (Verified, error) {
	return s.compare(ctx, from, to, a, hashes, nil)
}

// compare is Verify where earlier pairs are known, of messages that the old server
// may have lost since.
func (s *Site) compare(ctx context.Context, from, to string, a Account, hashes bool, earlier map[spot]spot) (Verified, error) {
	old, err := s.look(ctx, from, a)
	if err != nil {
		return Verified{}, err
	}
	defer old.close()
	fresh, err := s.look(ctx, to, a)
	if err != nil {
		return Verified{}, err
	}
	defer fresh.close()
	before, err := old.shown()
	if err != nil {
		return Verified{}, fmt.Errorf("upstream %q: %w", from, err)
	}
	lost, err := s.expect(ctx, fresh, old, before)
	if err != nil {
		return Verified{}, err
	}
	after, err := fresh.shown()
	if err != nil {
		return Verified{}, fmt.Errorf("upstream %q: %w", to, err)
	}
	for _, v := range append(fresh.views, old.views...) {
		// A device that is served from there would be locked out.
		if err := s.Ledger.Keepable(v.inventory.Listing, v.known); err != nil {
			return Verified{}, fmt.Errorf("upstream %q: %w", v.upstream, err)
		}
	}
	views := [2][]translate.Sight{before.Sights(), after.Sights()}
	if hashes {
		for i, v := range []struct {
			*prospect
			drop *translate.Merged
		}{{old, before}, {fresh, after}} {
			if err := v.hash(ctx, v.drop, views[i]); err != nil {
				return Verified{}, fmt.Errorf("upstream %q: %w", v.views[0].upstream, err)
			}
		}
	}
	once := fresh.once(after, old, lost, earlier)
	c := translate.Compare(views[0], views[1], func(id string) bool { return once[id] })
	if len(c.Unmatched) > 0 {
		struckOut, err := fresh.struckOut()
		if err != nil {
			return Verified{}, fmt.Errorf("upstream %q: %w", to, err)
		}
		c = c.Explain(struckOut)
	}
	return Verified{c, hashes}, nil
}

// once are unique-ids that the old server had: those that are remembered, and what
// the new one shows of messages that were matched before the old one lost them.
func (p *prospect) once(after *translate.Merged, old *prospect, lost map[spot]bool, earlier map[spot]spot) map[string]bool {
	ids, there := make(map[string]bool), make(map[string]map[imap.UID]bool)
	for _, v := range old.views {
		for _, e := range v.before.Listing.Entries {
			if e.UniqueID != "" {
				ids[e.UniqueID] = true
			}
		}
		there[v.inventory.Box.Mailbox] = v.uids()
	}
	for was, copied := range earlier {
		if !there[was.mailbox][was.uid] {
			lost[copied] = true
		}
	}
	for msg := range after.Messages {
		if lost[p.views[msg.Mailbox].spot(msg.UID)] {
			ids[string(after.AppendUniqueID(nil, msg.Number))] = true
		}
	}
	return ids
}
