package mailboxes

import (
	"context"
	"iter"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Keys gives the content keys that are known under a UIDVALIDITY. The map is the
// caller's.
func (m *Mailbox) Keys(ctx context.Context, validity uint32) (map[imap.UID]translate.ContentKey, error) {
	if m.Row.Snapshot == 0 || m.Row.Validity != validity {
		return map[imap.UID]translate.ContentKey{}, nil
	}
	return m.store.KeysOf(ctx, m.store.db.View(), m.Row)
}

// KeysOf gives all content keys of the snapshot that a Row speaks of.
func (s *Store) KeysOf(ctx context.Context, c database.Querier, row Row) (map[imap.UID]translate.ContentKey, error) {
	return keyTable.Load(ctx, s.db, c, row.Snapshot, row.KeysRevision)
}

// SomeKeys gives the content keys of some messages of the mailbox, and maybe others.
func (m *Mailbox) SomeKeys(ctx context.Context, c database.Querier, uids iter.Seq[imap.UID]) (map[imap.UID]translate.ContentKey, error) {
	return keyTable.Some(ctx, c, m.Row.Snapshot, uids)
}

// Unkeyed gives messages of the listing without a content key, in order of UID, limit
// at most; nil where the listing that this session has is not the newest any more. Those
// that are left out of it, since the server does not tell of them, are not among them. It
// fails with database.ErrChanged where another session has learned since the row was
// read.
func (m *Mailbox) Unkeyed(ctx context.Context, validity uint32, limit int) ([]imap.UID, error) {
	if m.Row.Snapshot == 0 || m.Row.Validity != validity || m.Snapshot.ID != m.Row.Snapshot || m.Snapshot.Revision != m.Row.Revision {
		return nil, nil
	}
	key := unkeyedKey{m.Row.Snapshot, m.Row.Revision, m.Row.KeysRevision}
	unkeyed, ok := m.store.cache.Get(key, 0).([]imap.UID)
	if !ok {
		keys, err := m.store.KeysOf(ctx, m.store.db.View(), m.Row)
		if err != nil {
			return nil, err
		}
		for _, e := range m.Snapshot.Listing.Entries {
			if _, ok := keys[e.UID]; !ok && e.Flags&translate.FlagLeftOut == 0 {
				unkeyed = append(unkeyed, e.UID)
			}
		}
		m.store.cache.Put(key, 0, unkeyed, chunks.UIDOctets*len(unkeyed))
	}
	return unkeyed[:min(limit, len(unkeyed))], nil
}

type unkeyedKey struct{ snapshot, revision, keys int64 }
