package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// shelf is the row of a mailbox with that of its newest snapshot; zeros where
// there is none.
type shelf struct {
	mailbox  int64
	validity uint32
	snapshot int64
	next     imap.UID
	modseq   uint64
	messages int
	revision int64
	keys     int64 // revision of the content keys
}

// snapshot is a listing with its measured sizes, decoded. It is never changed.
type snapshot struct {
	id, revision int64
	listing      translate.Listing
	measured     map[imap.UID]int64
	bounds       []imap.UID // the first UID that each piece may hold
}

type snapshotKey int64

const shelfColumns = "m.id, m.uidvalidity, COALESCE(s.id, 0), COALESCE(s.uidnext, 0), COALESCE(s.modseq, 0), COALESCE(s.messages, 0), COALESCE(s.revision, 0), COALESCE(s.keys_revision, 0)"

func (s *shelf) fields() []any {
	return []any{&s.mailbox, &s.validity, &s.snapshot, &s.next, &s.modseq, &s.messages, &s.revision, &s.keys}
}

func readShelf(ctx context.Context, c statements, k backend.PageKey) (s shelf, err error) {
	err = c.row(ctx, "SELECT "+shelfColumns+` FROM mailboxes m
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity
		WHERE m.upstream = $1 AND m.login = $2 AND m.mailbox = $3`, k.Upstream, k.Login, k.Mailbox).Scan(s.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return shelf{}, nil
	}
	return s, err
}

// readOld is readShelf for a mailbox by its number, and any UIDVALIDITY.
func readOld(ctx context.Context, c statements, mailbox int64, validity uint32) (s shelf, err error) {
	err = c.row(ctx, "SELECT "+shelfColumns+` FROM mailboxes m
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = $2 WHERE m.id = $1`, mailbox, int64(validity)).Scan(s.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return shelf{}, nil
	}
	s.validity = validity
	return s, err
}

// snapshot decodes what the shelf speaks of, once for each revision. Where
// another session writes between the two reads, what it wrote is given. Of an old
// server's messages, whose UIDs were given here, what is not damaged is given: the
// rest gets UIDs that nobody had, since UIDNEXT is known, and its unique-ids are the
// server's own.
func (s *Store) snapshot(ctx context.Context, c statements, of shelf) (*snapshot, error) {
	if of.snapshot == 0 {
		return &snapshot{}, nil
	}
	if snap, ok := s.cache.get(snapshotKey(of.snapshot), of.revision).(*snapshot); ok {
		return snap, nil
	}
	snap := &snapshot{id: of.snapshot, listing: translate.Listing{UIDValidity: of.validity}}
	decoded := translate.Snapshot{Entries: make([]translate.Entry, 0, min(max(of.messages, 0), maxSet))}
	messages, damaged := 0, 0
	err := c.each(ctx, func(scan func(...any) error) error {
		var chunk sql.NullInt64
		var data []byte
		if err := scan(&snap.revision, &snap.listing.UIDNext, &snap.listing.HighestModSeq, &messages, &chunk, &data); err != nil {
			return err
		}
		if !chunk.Valid {
			return nil
		}
		snap.bounds = append(snap.bounds, imap.UID(chunk.Int64))
		err := translate.DecodeSnapshot(data, &decoded)
		if isDamage(err) && of.validity == translate.AssignedValidity && snap.listing.UIDNext != 0 {
			damaged++
			return nil
		}
		return err
	}, `SELECT s.revision, s.uidnext, s.modseq, s.messages, e.chunk, e.data FROM snapshots s
		LEFT JOIN snapshot_entries e ON e.owner = s.id WHERE s.id = $1 ORDER BY e.chunk`, of.snapshot)
	if err != nil {
		return nil, err
	}
	if damaged > 0 {
		s.log("error", "a part of what is remembered of an old server's messages is damaged; they count as new, and what a device has hidden of them is shown to it again",
			"snapshot", of.snapshot, "messages", messages-len(decoded.Entries))
	} else if len(decoded.Entries) != messages {
		return nil, fmt.Errorf("%w: it has %d messages, not %d", translate.ErrSnapshot, len(decoded.Entries), messages)
	}
	snap.listing.Entries, snap.measured = decoded.Entries, decoded.Measured
	s.cache.put(snapshotKey(snap.id), snap.revision, snap, snap.octets())
	return snap, nil
}

// newRevision never was the revision of anything before, whoever else writes.
func newRevision() int64 { return rand.Int64() | 1 }
