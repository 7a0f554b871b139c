package ledger

import (
	"context"
	"maps"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Recall gives what is remembered of a mailbox, also of one from which nobody was
// served yet. A damaged listing is as good as none.
func (s *Store) Recall(ctx context.Context, box translate.Box) (translate.Inventory, error) {
	i, err := steady(ctx, func() (translate.Inventory, error) { return s.recall(ctx, box) })
	return i, s.scrub(err)
}

func (s *Store) recall(ctx context.Context, box translate.Box) (translate.Inventory, error) {
	i := translate.Inventory{Box: box}
	p, err := s.boxPage(ctx, box)
	if err != nil || p.shelf.snapshot == 0 {
		return i, err
	}
	i.Listing, i.Measured, i.Revision = p.snap.listing, maps.Clone(p.snap.measured), p.snap.revision
	i.Listing.Revision = i.Revision
	if i.Keys, err = keyTable.load(ctx, s, s.db.view(), p.shelf.snapshot, p.shelf.keys); err != nil {
		return i, err
	}
	i.Prints, err = printTable.load(ctx, s, s.db.view(), p.shelf.snapshot, p.shelf.keys)
	return i, err
}

// boxPage is a page of nobody, without a lock: it gives access to a mailbox.
func (s *Store) boxPage(ctx context.Context, box translate.Box) (*Page, error) {
	p := &Page{store: s, key: boxKey(box)}
	return p, p.readShelf(ctx)
}

func boxKey(box translate.Box) backend.PageKey {
	return backend.PageKey{Upstream: name(box.Upstream), Login: name(box.Login), Mailbox: name(box.Mailbox)}
}

// Learn adds a listing, measured sizes, content keys and prints to what an Inventory
// says, and gives the new one. It is durable when Learn returns. Where somebody
// has listed the mailbox since, nothing is written: translate.ErrOvertaken.
func (s *Store) Learn(ctx context.Context, i translate.Inventory, f translate.Facts) (translate.Inventory, error) {
	p, err := s.boxPage(ctx, i.Box)
	if err != nil {
		return i, s.scrub(err)
	}
	err = s.db.update(ctx, func(tx statements) error {
		if _, err := lockShelf(ctx, tx, p.key); err != nil {
			return err
		}
		box, err := readShelf(ctx, tx, p.key)
		if err != nil {
			return err
		}
		if box.revision != i.Revision {
			return translate.ErrOvertaken
		}
		if f.Listing != nil {
			l := *f.Listing
			l.Revision = box.revision
			f.Listing = &l
		}
		_, err = p.writeShelf(ctx, tx, box, news{Facts: f})
		return err
	})
	if err != nil {
		return i, s.scrub(err)
	}
	return s.Recall(ctx, i.Box)
}
