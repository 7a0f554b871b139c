package ledger

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// pieceSize is how many messages a piece of a snapshot has when it is made: a
// new message rewrites a few KB, whatever the size of the mailbox.
const pieceSize = 1024

// writeShelf writes what belongs to the mailbox, whoever is served from it.
func (p *Page) writeShelf(ctx context.Context, tx statements, box shelf, n news) (*snapshot, error) {
	if n.Listing == nil && len(n.Octets) == 0 && len(n.Keys) == 0 && len(n.Prints) == 0 {
		return nil, nil
	}
	old := p.snap
	if old.id != box.snapshot || old.revision != box.revision {
		var err error
		if old, err = p.store.snapshot(ctx, tx, box); err != nil && !isDamage(err) {
			return nil, err
		} else if err != nil {
			old = &snapshot{id: box.snapshot, revision: box.revision}
		}
	}
	if n.Listing != nil && n.Listing.Revision != box.revision && p.wrote != box.revision {
		// Another session has listed the mailbox since this one asked. Which of the
		// two listings is newer nobody knows, and an older one must not take its
		// place; what was measured is added to it.
		var err error
		if n.Listing, err = p.yield(n.Listing, box, old.listing); err != nil {
			return nil, err
		}
		if n.Listing == nil && len(n.Octets) == 0 {
			return old, saveContent(ctx, tx, old.id, n.Facts)
		}
	}
	next := *old
	if n.Listing != nil {
		if n.Listing.UIDValidity != box.validity || box.snapshot == 0 {
			kept, err := readOld(ctx, tx, box.mailbox, n.Listing.UIDValidity)
			if err != nil {
				return nil, err
			}
			if old, err = p.store.snapshot(ctx, tx, kept); err != nil {
				if !isDamage(err) {
					return nil, err
				}
				old = &snapshot{id: kept.snapshot}
			}
			next = *old
		}
		next.listing = *n.Listing
	}
	if next.listing.UIDValidity != n.UIDValidity || next.id == 0 && n.Listing == nil {
		return nil, nil // what was measured belongs to UIDs that nobody lists any more
	}
	fresh := measure(&next, old, n.Octets)
	if err := p.store.saveSnapshot(ctx, tx, box.mailbox, old, &next); err != nil {
		return nil, err
	}
	if n.Listing != nil {
		p.wrote = next.revision
		if err := p.forgetTaken(ctx, tx, box.mailbox, next.listing); err != nil {
			return nil, err
		}
	}
	if err := p.countMismatches(ctx, tx, box.mailbox, fresh); err != nil {
		return nil, err
	}
	if box.validity != next.listing.UIDValidity {
		if err := tx.exec(ctx, "UPDATE mailboxes SET uidvalidity = $2 WHERE id = $1", box.mailbox, int64(next.listing.UIDValidity)); err != nil {
			return nil, err
		}
		if err := sweep(ctx, tx, box.mailbox); err != nil {
			return nil, err
		}
	}
	return &next, saveContent(ctx, tx, next.id, n.Facts)
}

// yield gives up a listing for theirs, which another session has made meanwhile. One
// under another UIDVALIDITY cannot stand beside theirs: its session must begin
// again. The UIDs of an old server's messages are given by whoever lists them first, so
// that a listing which has more of them is kept, and one which gives a UID to
// another message fails: its session must begin again.
func (p *Page) yield(mine *translate.Listing, box shelf, theirs translate.Listing) (*translate.Listing, error) {
	switch {
	case box.snapshot == 0 || theirs.UIDNext == 0 && len(theirs.Entries) == 0:
		return mine, nil // theirs is damaged or gone
	case mine.UIDValidity != box.validity:
		return nil, translate.Temporary(translate.ErrOvertaken)
	case !mine.Assigned:
		return nil, nil
	case !theirs.Agrees(p.madeOf(mine), *mine):
		return nil, translate.Temporary(translate.ErrOvertaken)
	case mine.UIDNext > theirs.UIDNext:
		return mine, nil
	}
	return nil, nil
}

// madeOf is what a listing was made of, as far as this page still has it.
func (p *Page) madeOf(l *translate.Listing) translate.Listing {
	if p.snap.revision == l.Revision {
		return p.snap.listing
	}
	return translate.Listing{}
}

// saveContent keeps what is known of the content of messages that the snapshot
// holds.
func saveContent(ctx context.Context, tx statements, snapshot int64, f translate.Facts) error {
	keys, err := keyTable.save(ctx, tx, snapshot, f.Keys)
	if err != nil {
		return err
	}
	prints, err := savePrints(ctx, tx, snapshot, f.Prints)
	if err != nil || !keys && !prints {
		return err
	}
	return tx.exec(ctx, "UPDATE snapshots SET keys_revision = $2 WHERE id = $1", snapshot, newRevision())
}

// measure puts measured sizes in place of the upstream's, and reports how many
// are new. What was measured of messages that are gone goes with them.
func measure(next, old *snapshot, octets map[imap.UID]int64) (fresh int) {
	next.measured = maps.Clone(old.measured)
	for uid, n := range octets {
		if has(next.listing.Entries, uid) {
			if next.measured == nil {
				next.measured = make(map[imap.UID]int64)
			}
			next.measured[uid] = n
			fresh++
		}
	}
	maps.DeleteFunc(next.measured, func(uid imap.UID, _ int64) bool { return !has(next.listing.Entries, uid) })
	copied := false
	for uid, n := range next.measured {
		i, _ := find(next.listing.Entries, uid)
		if next.listing.Entries[i].Size == n {
			continue
		}
		if !copied {
			next.listing.Entries = slices.Clone(next.listing.Entries)
			copied = true
		}
		next.listing.Entries[i].Size = n
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

// saveSnapshot writes the pieces that differ from old, and sets what the
// database gives to next.
func (s *Store) saveSnapshot(ctx context.Context, tx statements, mailbox int64, old, next *snapshot) error {
	l := next.listing
	var octets int64
	for _, e := range l.Entries {
		// An old server may say any number; the sum is for operators alone.
		octets += min(max(e.Size, 0), math.MaxInt64-octets)
	}
	next.revision = newRevision()
	err := tx.row(ctx, `INSERT INTO snapshots (mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (mailbox_id, uidvalidity) DO UPDATE SET uidnext = excluded.uidnext, modseq = excluded.modseq,
			messages = excluded.messages, octets = excluded.octets, revision = excluded.revision RETURNING id`,
		mailbox, int64(l.UIDValidity), int64(l.UIDNext), int64(l.HighestModSeq), int64(len(l.Entries)), octets, next.revision).Scan(&next.id)
	if err != nil {
		return err
	}
	changes := cut(old, next)
	if old.bounds == nil || changes.anew {
		if err := tx.exec(ctx, "DELETE FROM snapshot_entries WHERE owner = $1", next.id); err != nil {
			return err
		}
	}
	for _, chunk := range changes.drop {
		if err := tx.exec(ctx, "DELETE FROM snapshot_entries WHERE owner = $1 AND chunk = $2", next.id, int64(chunk)); err != nil {
			return err
		}
	}
	for _, piece := range changes.put {
		err := tx.exec(ctx, "INSERT INTO snapshot_entries (owner, chunk, data) VALUES ($1, $2, $3) ON CONFLICT (owner, chunk) DO UPDATE SET data = excluded.data",
			next.id, int64(piece.chunk), translate.EncodeSnapshot(piece.entries, next.measured))
		if err != nil {
			return err
		}
	}
	return s.forgetKeys(ctx, tx, old, next)
}

// forgetKeys removes what is known of the content of chunks that hold no message
// any more.
func (s *Store) forgetKeys(ctx context.Context, tx statements, old, next *snapshot) error {
	done := int64(-1)
	for _, e := range old.listing.Entries {
		chunk := int64(e.UID / chunkSize)
		if chunk == done {
			continue
		}
		done = chunk
		i, _ := find(next.listing.Entries, imap.UID(chunk*chunkSize))
		if i < len(next.listing.Entries) && int64(next.listing.Entries[i].UID/chunkSize) == chunk {
			continue
		}
		for _, table := range []string{keyTable.table, printTable.table} {
			if err := tx.exec(ctx, "DELETE FROM "+table+" WHERE owner = $1 AND chunk = $2", next.id, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep forgets the listings of a mailbox under each UIDVALIDITY that is neither
// its newest nor one that a page or a match still refers to.
func sweep(ctx context.Context, tx statements, mailbox int64) error {
	return tx.exec(ctx, `DELETE FROM snapshots WHERE mailbox_id = $1
		AND uidvalidity <> (SELECT m.uidvalidity FROM mailboxes m WHERE m.id = $1)
		AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = snapshots.mailbox_id AND p.uidvalidity = snapshots.uidvalidity)
		AND NOT EXISTS (SELECT 1 FROM matches x WHERE x.old_mailbox_id = snapshots.mailbox_id AND x.old_uidvalidity = snapshots.uidvalidity
			OR x.new_mailbox_id = snapshots.mailbox_id AND x.new_uidvalidity = snapshots.uidvalidity)`, mailbox)
}

// abandon forgets a mailbox that no page is served from any more and no match
// speaks of, and otherwise sweeps it.
func abandon(ctx context.Context, tx statements, mailbox int64) error {
	err := tx.exec(ctx, `DELETE FROM mailboxes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = $1)
		AND NOT EXISTS (SELECT 1 FROM matches x WHERE x.old_mailbox_id = $1 OR x.new_mailbox_id = $1)`, mailbox)
	if err != nil {
		return err
	}
	return sweep(ctx, tx, mailbox)
}
