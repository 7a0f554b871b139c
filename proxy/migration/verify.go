package migration

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/route"
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
	before, err := old.shown(ctx)
	if err != nil {
		return Verified{}, fmt.Errorf("upstream %q: %w", from, err)
	}
	fresh, err := s.look(ctx, to, a)
	if err != nil {
		return Verified{}, err
	}
	defer fresh.close()
	pairs, err := s.expect(ctx, fresh, old, before)
	if err != nil {
		return Verified{}, err
	}
	after, err := fresh.shown(ctx)
	if err != nil {
		return Verified{}, fmt.Errorf("upstream %q: %w", to, err)
	}
	for _, v := range []*view{old, fresh} {
		// A device that is served from there would be locked out.
		if err := s.Ledger.Keepable(v.inventory.Listing, v.known); err != nil {
			return Verified{}, fmt.Errorf("upstream %q: %w", v.upstream, err)
		}
	}
	views := [2][]translate.Sight{before.Sights(), after.Sights()}
	if hashes {
		for i, v := range []struct {
			*view
			drop *translate.Maildrop
		}{{old, before}, {fresh, after}} {
			if err := v.hash(ctx, v.drop, views[i]); err != nil {
				return Verified{}, fmt.Errorf("upstream %q: %w", v.upstream, err)
			}
		}
	}
	once := old.once(after, pairs, earlier)
	c := translate.Compare(views[0], views[1], func(id string) bool { return once[id] })
	if len(c.Unmatched) > 0 {
		struckOut, err := translate.StruckOutIDs(fresh.inventory.Listing, fresh.known, fresh.where.Maildrop.Policy())
		if err != nil {
			return Verified{}, fmt.Errorf("upstream %q: %w", to, err)
		}
		c = c.Explain(struckOut)
	}
	return Verified{c, hashes}, nil
}

// view is an account's mailbox on one upstream, as devices see it.
type view struct {
	*box
	before translate.Inventory // as it was remembered until now
	where  route.Target
	known  translate.Known
	served bool // devices know the maildrop from here
}

// look lists a mailbox, and recalls what devices know of it. The caller closes it.
func (s *Site) look(ctx context.Context, upstream string, a Account) (*view, error) {
	where, err := s.on(ctx, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	b, err := s.remembered(ctx, upstream, a)
	if err != nil {
		return nil, err
	}
	v := &view{box: b, before: b.inventory, where: where}
	if err = b.list(ctx); err == nil {
		v.known, v.served, err = s.Ledger.Shown(ctx, a.Name, where.Key.Name, b.inventory.Box, b.inventory.Listing.UIDValidity)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return v, nil
}

// shown is the maildrop that a device would get now.
func (v *view) shown(context.Context) (*translate.Maildrop, error) {
	return translate.NewMaildrop(v.inventory.Listing, v.known, v.where.Maildrop.Policy())
}

// expect makes of a mailbox that devices do not know yet what their first login
// there will make of it: matched messages keep their unique-ids and their places.
// It gives the match.
func (s *Site) expect(ctx context.Context, fresh, old *view, before *translate.Maildrop) (translate.Mapping, error) {
	match, err := s.Ledger.Mailboxes.LoadMapping(ctx, old.inventory.Box, fresh.inventory.Box)
	if err != nil || fresh.served {
		return match, err
	}
	if match.OldValidity != old.inventory.Listing.UIDValidity || match.NewValidity != fresh.inventory.Listing.UIDValidity {
		match.Pairs = nil
	}
	ids := make(map[imap.UID]string, before.Len())
	for msg := range before.Messages {
		ids[msg.UID] = string(before.AppendUniqueID(nil, msg.Number))
	}
	ranks := translate.Ranks(old.inventory.Listing.Entries, old.known.Order)
	pins := make(map[imap.UID]string, len(match.Pairs))
	var links []translate.Link
	for _, p := range match.Pairs {
		if id, ok := ids[p.Old]; ok {
			pins[p.New] = id
			links = append(links, translate.Link{Old: p.Old, New: p.New, UniqueID: id, Order: ranks[p.Old]})
		}
	}
	fresh.known = translate.Known{
		UIDValidity: fresh.inventory.Listing.UIDValidity, UniqueIDs: pins, Order: translate.Places(links), Octets: fresh.inventory.Measured,
	}
	return match, nil
}

// once are unique-ids that the old server had: those that are remembered, and what
// the new one shows of messages that were matched before the old one lost them.
func (v *view) once(after *translate.Maildrop, match translate.Mapping, earlier map[spot]spot) map[string]bool {
	ids := make(map[string]bool)
	for _, e := range v.before.Listing.Entries {
		if e.UniqueID != "" {
			ids[e.UniqueID] = true
		}
	}
	there := make(map[imap.UID]bool, len(v.inventory.Listing.Entries))
	for _, e := range v.inventory.Listing.Entries {
		there[e.UID] = true
	}
	lost := make(map[imap.UID]bool)
	for _, p := range match.Pairs {
		lost[p.New] = !there[p.Old]
	}
	for old, fresh := range earlier {
		if fresh.validity == after.UIDValidity() && !there[old.uid] {
			lost[fresh.uid] = true
		}
	}
	for msg := range after.Messages {
		if lost[msg.UID] {
			ids[string(after.AppendUniqueID(nil, msg.Number))] = true
		}
	}
	return ids
}
