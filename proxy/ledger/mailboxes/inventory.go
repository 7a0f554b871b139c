package mailboxes

import (
	"context"
	"maps"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// LoadInventory gives what is remembered of a mailbox, also of one from which nobody was
// served yet. A damaged listing is as good as none.
func (s *Store) LoadInventory(ctx context.Context, box translate.Box) (translate.Inventory, error) {
	i, err := database.Retry(ctx, func() (translate.Inventory, error) { return s.loadInventory(ctx, box) })
	return i, s.db.Explain(err)
}

func (s *Store) loadInventory(ctx context.Context, box translate.Box) (translate.Inventory, error) {
	i := translate.Inventory{Box: box}
	m, err := s.Read(ctx, "", box)
	if err != nil || m.Row.Snapshot == 0 {
		return i, err
	}
	i.Listing, i.Measured, i.Revision = m.Snapshot.Listing, maps.Clone(m.Snapshot.Measured), m.Snapshot.Revision
	i.Listing.Revision = i.Revision
	if i.Keys, err = keyTable.Load(ctx, s.db, s.db.View(), m.Row.Snapshot, m.Row.KeysRevision); err != nil {
		return i, err
	}
	i.Prints, err = printTable.Load(ctx, s.db, s.db.View(), m.Row.Snapshot, m.Row.KeysRevision)
	return i, err
}

// SaveInventory adds a listing, measured sizes, content keys and prints to what an Inventory
// says, and gives the new one. It is durable when SaveInventory returns. Where somebody
// has listed the mailbox since, nothing is written: translate.ErrOvertaken.
func (s *Store) SaveInventory(ctx context.Context, i translate.Inventory, f translate.MailboxFacts) (translate.Inventory, error) {
	m, err := s.Read(ctx, "", i.Box)
	if err != nil {
		return i, s.db.Explain(err)
	}
	err = s.db.Update(ctx, func(tx database.Querier) error {
		if _, err := m.Lock(ctx, tx); err != nil {
			return err
		}
		box, err := readRow(ctx, tx, i.Box)
		if err != nil {
			return err
		}
		if box.Revision != i.Revision {
			return translate.ErrOvertaken
		}
		if f.Listing != nil {
			l := *f.Listing
			l.Revision = box.Revision
			f.Listing = &l
		}
		_, err = m.Write(ctx, tx, box, f)
		return err
	})
	if err != nil {
		return i, s.db.Explain(err)
	}
	return s.LoadInventory(ctx, i.Box)
}
