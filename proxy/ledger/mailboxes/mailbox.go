package mailboxes

import (
	"context"
	"maps"
	"slices"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Store is what the ledger remembers of mailboxes, whoever is served from them. It
// may be used by any number of goroutines.
type Store struct {
	db    *database.DB
	cache *chunks.Cache
}

// New gives the mailboxes of a database; what it decodes is kept in the cache.
func New(db *database.DB, cache *chunks.Cache) *Store { return &Store{db, cache} }

// Mailbox is one mailbox as a session, or a command, has read it. It is used by one
// goroutine at a time.
type Mailbox struct {
	Row      Row
	Snapshot *Snapshot // of the Row's newest UIDVALIDITY, never nil

	store   *Store
	account string // for the log
	box     translate.Box
	wrote   int64 // revision of the snapshot that holds this session's own listing, 0 for none
}

// Read reads what is remembered of a mailbox for an account, which may be empty. No
// lock is taken.
func (s *Store) Read(ctx context.Context, account string, box translate.Box) (*Mailbox, error) {
	m := &Mailbox{store: s, account: account, box: box}
	return m, m.Refresh(ctx)
}

// ReadAt is Read of a mailbox whose row was just read.
func (s *Store) ReadAt(ctx context.Context, account string, box translate.Box, row Row) (*Mailbox, error) {
	m := &Mailbox{store: s, account: account, box: box, Row: row}
	return m, m.readSnapshot(ctx)
}

// Refresh reads it again.
func (m *Mailbox) Refresh(ctx context.Context) (err error) {
	if m.Row, err = m.store.row(ctx, m.box); err != nil {
		return err
	}
	return m.readSnapshot(ctx)
}

// readSnapshot reads what the row speaks of. A damaged listing is as good as none: the
// mailbox is listed anew, and nothing that a device sees depends on the old one.
func (m *Mailbox) readSnapshot(ctx context.Context) (err error) {
	m.Snapshot, err = m.store.Snapshot(ctx, m.store.db.View(), m.Row)
	if database.IsDamage(err) {
		m.store.db.Log("warn", "a remembered listing is damaged; the mailbox is listed anew", "account", m.account, "cause", err)
		// Its UIDVALIDITY tells whoever gave the UIDs that they were lost.
		m.Snapshot, err = &Snapshot{ID: m.Row.Snapshot, Revision: m.Row.Revision, Listing: translate.Listing{UIDValidity: m.Row.Validity}}, nil
	}
	return err
}

// RefreshRow reads the row again, and leaves the listing as this session has begun
// with.
func (m *Mailbox) RefreshRow(ctx context.Context) error {
	row, err := m.store.row(ctx, m.box)
	if err == nil {
		m.Row = row
	}
	return err
}

// Committed takes over a snapshot that has been written; nil for none.
func (m *Mailbox) Committed(ctx context.Context, snap *Snapshot) error {
	if snap != nil {
		m.Snapshot = snap
		m.store.cache.Put(snapshotKey(snap.ID), snap.Revision, snap, snap.octets())
	}
	return m.RefreshRow(ctx)
}

// Lock makes the mailbox's row where it is missing, and locks it until the
// transaction ends. Pages are locked before mailboxes.
func (m *Mailbox) Lock(ctx context.Context, tx database.Querier) (Row, error) {
	return lockRow(ctx, tx, m.box)
}

// LockFor is Lock with all of the row, where something is to be written with it.
func (m *Mailbox) LockFor(ctx context.Context, tx database.Querier, f translate.MailboxFacts) (Row, error) {
	row, err := lockRow(ctx, tx, m.box)
	if err != nil || f.Empty() {
		return row, err
	}
	return readRow(ctx, tx, m.box)
}

// News leaves out of facts what is known already.
func (m *Mailbox) News(ctx context.Context, f translate.MailboxFacts) (n translate.MailboxFacts, err error) {
	n = f
	if f.Listing != nil && m.sameListing(*f.Listing) {
		n.Listing = nil
	}
	if f.UIDValidity == m.Snapshot.Listing.UIDValidity {
		n.Octets = chunks.Missing(f.Octets, m.Snapshot.Measured)
	}
	if m.Row.Snapshot == 0 || m.Row.Validity != f.UIDValidity {
		return n, nil
	}
	c := m.store.db.View()
	if len(f.Keys) > 0 {
		keys, err := keyTable.Some(ctx, c, m.Row.Snapshot, maps.Keys(f.Keys))
		if err != nil {
			return n, err
		}
		n.Keys = chunks.Missing(f.Keys, keys)
	}
	if len(f.Prints) > 0 {
		prints, err := printTable.Some(ctx, c, m.Row.Snapshot, maps.Keys(f.Prints))
		if err != nil {
			return n, err
		}
		n.Prints = chunks.Missing(joined(f.Prints, prints), prints)
	}
	return n, nil
}

// sameListing compares a listing with the remembered one; sizes that have been
// measured are not news where the upstream's estimate comes again.
func (m *Mailbox) sameListing(l translate.Listing) bool {
	old := m.Snapshot.Listing
	if m.Snapshot.ID == 0 || l.UIDValidity != old.UIDValidity || l.UIDNext != old.UIDNext || l.HighestModSeq != old.HighestModSeq || len(l.Entries) != len(old.Entries) {
		return false
	}
	if len(l.Entries) == 0 || &l.Entries[0] == &old.Entries[0] {
		return true
	}
	return slices.EqualFunc(l.Entries, old.Entries, func(a, b translate.Entry) bool {
		if _, ok := m.Snapshot.Measured[a.UID]; ok {
			a.Size = b.Size
		}
		return a == b
	})
}
