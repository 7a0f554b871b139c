package mailboxes

import (
	"context"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Write writes what is not known of the mailbox yet, and gives the snapshot as it is
// afterwards, nil where nothing has changed. The row is locked by the transaction.
func (m *Mailbox) Write(ctx context.Context, tx database.Querier, box Row, n translate.MailboxFacts) (*Snapshot, error) {
	if n.Empty() {
		return nil, nil
	}
	old := m.Snapshot
	if old.ID != box.Snapshot || old.Revision != box.Revision {
		var err error
		if old, err = m.store.Snapshot(ctx, tx, box); err != nil && !database.IsDamage(err) {
			return nil, err
		} else if err != nil {
			old = &Snapshot{ID: box.Snapshot, Revision: box.Revision}
		}
	}
	if n.Listing != nil && n.Listing.Revision != box.Revision && m.wrote != box.Revision {
		// Another session has listed the mailbox since this one asked. Which of the
		// two listings is newer nobody knows, and an older one must not take its
		// place; what was measured is added to it.
		var err error
		if n.Listing, err = m.yield(n.Listing, box, old.Listing); err != nil {
			return nil, err
		}
		if n.Listing == nil && len(n.Octets) == 0 {
			return old, saveContent(ctx, tx, old.ID, n)
		}
	}
	next := *old
	if n.Listing != nil {
		if n.Listing.UIDValidity != box.Validity || box.Snapshot == 0 {
			kept, err := RowAt(ctx, tx, box.ID, n.Listing.UIDValidity)
			if err != nil {
				return nil, err
			}
			if old, err = m.store.Snapshot(ctx, tx, kept); err != nil {
				if !database.IsDamage(err) {
					return nil, err
				}
				old = &Snapshot{ID: kept.Snapshot}
			}
			next = *old
		}
		next.Listing = *n.Listing
	}
	if next.Listing.UIDValidity != n.UIDValidity || next.ID == 0 && n.Listing == nil {
		return nil, nil // what was measured belongs to UIDs that nobody lists any more
	}
	fresh := measure(&next, old, n.Octets)
	if n.Listing == nil && fresh == 0 {
		// The listing stays the one that it is: sessions that have just listed the
		// mailbox must not take theirs for an older one.
		return nil, saveContent(ctx, tx, next.ID, n)
	}
	next.Listing = next.Listing.Surveyed()
	if err := saveSnapshot(ctx, tx, box.ID, old, &next); err != nil {
		return nil, err
	}
	if n.Listing != nil || m.wrote == box.Revision {
		m.wrote = next.Revision
	}
	if err := countMismatches(ctx, tx, box.ID, fresh); err != nil {
		return nil, err
	}
	if box.Validity != next.Listing.UIDValidity {
		if err := tx.Exec(ctx, "UPDATE mailboxes SET uidvalidity = $2 WHERE id = $1", box.ID, int64(next.Listing.UIDValidity)); err != nil {
			return nil, err
		}
		if err := Sweep(ctx, tx, box.ID); err != nil {
			return nil, err
		}
	}
	return &next, saveContent(ctx, tx, next.ID, n)
}

// yield gives up a listing for theirs, which another session has made meanwhile. One
// under another UIDVALIDITY cannot stand beside theirs: its session must begin
// again. The UIDs of an old server's messages are given by whoever lists them first, so
// that a listing which has more of them is kept, and one which gives a UID to
// another message fails: its session must begin again.
func (m *Mailbox) yield(mine *translate.Listing, box Row, theirs translate.Listing) (*translate.Listing, error) {
	switch {
	case box.Snapshot == 0 || theirs.UIDNext == 0 && len(theirs.Entries) == 0:
		return mine, nil // theirs is damaged or gone
	case mine.UIDValidity != box.Validity:
		return nil, translate.Temporary(translate.ErrOvertaken)
	case !mine.Assigned:
		return nil, nil
	case !theirs.Agrees(m.madeOf(mine), *mine):
		return nil, translate.Temporary(translate.ErrOvertaken)
	case mine.UIDNext > theirs.UIDNext:
		return mine, nil
	}
	return nil, nil
}

// madeOf is what a listing was made of, as far as this session still has it.
func (m *Mailbox) madeOf(l *translate.Listing) translate.Listing {
	if m.Snapshot.Revision == l.Revision {
		return m.Snapshot.Listing
	}
	return translate.Listing{}
}

// measure puts measured sizes in place of the upstream's, and reports how many
// are new. What was measured of messages that are gone goes with them.
func measure(next, old *Snapshot, octets map[imap.UID]int64) (fresh int) {
	next.Measured = maps.Clone(old.Measured)
	for uid, n := range octets {
		if has(next.Listing.Entries, uid) {
			if next.Measured == nil {
				next.Measured = make(map[imap.UID]int64)
			}
			next.Measured[uid] = n
			fresh++
		}
	}
	maps.DeleteFunc(next.Measured, func(uid imap.UID, _ int64) bool { return !has(next.Listing.Entries, uid) })
	copied := false
	for uid, n := range next.Measured {
		i, _ := find(next.Listing.Entries, uid)
		if next.Listing.Entries[i].Size == n {
			continue
		}
		if !copied {
			next.Listing.Entries = slices.Clone(next.Listing.Entries)
			copied = true
		}
		next.Listing.Entries[i].Size = n
	}
	return fresh
}

func find(entries []translate.Entry, uid imap.UID) (int, bool) {
	return slices.BinarySearchFunc(entries, uid, func(e translate.Entry, uid imap.UID) int { return int(int64(e.UID) - int64(uid)) })
}

func has(entries []translate.Entry, uid imap.UID) bool {
	_, ok := find(entries, uid)
	return ok
}

// countMismatches counts sizes that were not as the upstream had announced.
func countMismatches(ctx context.Context, tx database.Querier, mailbox int64, count int) error {
	if count == 0 {
		return nil
	}
	return tx.Exec(ctx, "UPDATE mailboxes SET mismatches = mismatches + $2 WHERE id = $1", mailbox, int64(count))
}
