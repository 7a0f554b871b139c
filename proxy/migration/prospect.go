package migration

import (
	"context"
	"maps"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/route"
	"popbridge/translate"
)

// prospect is all that an account's maildrop shows on one upstream, as devices see it.
type prospect struct {
	*shelf
	views []*view // by part
	where route.Target
}

// view is one of its mailboxes.
type view struct {
	*box
	before translate.Inventory // as it was remembered until now
	known  translate.Known
	served bool // devices know the maildrop from here
}

// look lists all that the maildrop shows, and recalls what devices know of it. The caller
// closes it.
func (s *Site) look(ctx context.Context, upstream string, a Account) (*prospect, error) {
	f, err := s.shelfOn(ctx, upstream, a)
	if err != nil {
		return nil, err
	}
	return s.recall(ctx, upstream, a, f)
}

func (s *Site) recall(ctx context.Context, upstream string, a Account, f *shelf) (p *prospect, err error) {
	p = &prospect{shelf: f}
	if p.where, err = s.on(ctx, upstream, a.Name); err == nil {
		for _, b := range f.parts {
			p.views = append(p.views, &view{box: b, before: b.inventory})
		}
		err = f.list(ctx, false)
	}
	for _, v := range p.views {
		if err != nil {
			break
		}
		known := s.Ledger.Shown
		if v.beside {
			known = s.Ledger.ShownBeside
		}
		v.known, v.served, err = known(ctx, a.Name, p.where.Key.Name, v.inventory.Box, v.inventory.Listing.UIDValidity)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return p, nil
}

// shown is the maildrop that a device would get now.
func (p *prospect) shown() (*translate.Merged, error) {
	all := p.where.Maildrop.Policy()
	each := all
	if p.several != nil {
		if err := p.settle(all); err != nil {
			return nil, err
		}
		each.MaxMessages, each.Order = 0, translate.OrderUID // of all together
	}
	drops := make([]*translate.Maildrop, len(p.views))
	for i, v := range p.views {
		var err error
		if drops[i], err = translate.NewMaildrop(v.inventory.Listing, v.known, each); err != nil {
			return nil, err
		}
	}
	return translate.MergeMaildrops(all, drops...), nil
}

// settle gives the messages of several mailboxes the unique-ids that a login gives them.
func (p *prospect) settle(policy translate.Policy) error {
	all := make([]translate.Shown, len(p.views))
	for i, v := range p.views {
		all[i] = translate.Shown{Listing: v.inventory.Listing, Known: v.known}
		if v.beside {
			name := v.mailbox.Server().MailboxID
			if name == "" {
				name = v.inventory.Box.Mailbox
			}
			all[i].Tag = translate.MailboxTag(name, v.inventory.Listing.UIDValidity)
		}
	}
	s, err := translate.NewSettlement(all, policy)
	if err != nil {
		return err
	}
	for i, pins := range s.Pins() {
		p.views[i].known.UniqueIDs = pins
	}
	return nil
}

// struckOut are the unique-ids of messages that devices are not shown for their \Deleted.
func (p *prospect) struckOut() (map[string]bool, error) {
	ids := make(map[string]bool)
	for _, v := range p.views {
		some, err := translate.StruckOutIDs(v.inventory.Listing, v.known, p.where.Maildrop.Policy())
		if err != nil {
			return nil, err
		}
		maps.Copy(ids, some)
	}
	return ids, nil
}

// expect makes of mailboxes that devices do not know yet what their first login
// there will make of them: matched messages keep their unique-ids and their places.
// It gives which of them the old server has lost since they were matched.
func (s *Site) expect(ctx context.Context, fresh, old *prospect, before *translate.Merged) (lost map[spot]bool, err error) {
	ids, numbers := make(map[spot]string, before.Len()), make(map[spot]int, before.Len())
	for msg := range before.Messages {
		at := old.views[msg.Mailbox].spot(msg.UID)
		ids[at] = string(before.AppendUniqueID(nil, msg.Number))
		if fresh.several != nil && old.several == nil {
			numbers[at] = msg.Number
		}
	}
	lost = make(map[spot]bool)
	for _, v := range fresh.views {
		pins := make(map[imap.UID]string)
		var links []translate.Link
		for _, from := range old.views {
			match, err := s.Ledger.Mailboxes.LoadMapping(ctx, from.inventory.Box, v.inventory.Box)
			if err != nil {
				return nil, err
			}
			if !v.served && (match.OldValidity != from.inventory.Listing.UIDValidity || match.NewValidity != v.inventory.Listing.UIDValidity) {
				match.Pairs = nil
			}
			there, ranks := from.uids(), translate.Ranks(from.inventory.Listing.Entries, from.known.Order)
			for _, p := range match.Pairs {
				lost[v.spot(p.New)] = !there[p.Old]
				if id, ok := ids[from.spot(p.Old)]; ok {
					pins[p.New] = id
					links = append(links, translate.Link{Old: p.Old, New: p.New, UniqueID: id, Order: ranks[p.Old], Place: numbers[from.spot(p.Old)], Unplaced: old.several != nil})
				}
			}
		}
		if !v.served {
			v.known = translate.Known{
				UIDValidity: v.inventory.Listing.UIDValidity, UniqueIDs: pins, Order: translate.Places(links), Octets: v.inventory.Measured,
			}
		}
	}
	return lost, nil
}

// uids are the messages that it has now.
func (v *view) uids() map[imap.UID]bool {
	there := make(map[imap.UID]bool, len(v.inventory.Listing.Entries))
	for _, e := range v.inventory.Listing.Entries {
		there[e.UID] = true
	}
	return there
}
