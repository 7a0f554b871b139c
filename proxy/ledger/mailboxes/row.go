package mailboxes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/recall"
	"popbridge/translate"
)

// Row is the row of a mailbox with that of its newest snapshot; zeros where there is
// none.
type Row struct {
	ID           int64
	Validity     uint32
	Snapshot     int64
	Next         imap.UID
	ModSeq       uint64
	Messages     int
	Revision     int64 // of the snapshot
	KeysRevision int64 // of what is known of its messages' content
}

// Snapshot is a listing with its measured sizes, decoded. It is never changed.
type Snapshot struct {
	ID, Revision int64
	Listing      translate.Listing
	Measured     map[imap.UID]int64
	bounds       []imap.UID // the first UID that each chunk may hold
}

// Entry gives a message of the listing.
func (s *Snapshot) Entry(uid imap.UID) (translate.Entry, bool) {
	i, ok := find(s.Listing.Entries, uid)
	if !ok {
		return translate.Entry{}, false
	}
	return s.Listing.Entries[i], true
}

// octets is what a snapshot takes of memory.
func (s *Snapshot) octets() int {
	n := chunks.EntryOctets*len(s.Listing.Entries) + chunks.PlaceOctets*len(s.Measured)
	for _, e := range s.Listing.Entries {
		n += len(e.UniqueID)
	}
	return n
}

type snapshotKey int64

const rowColumns = "COALESCE(m.id, 0), COALESCE(m.uidvalidity, 0), COALESCE(s.id, 0), COALESCE(s.uidnext, 0), COALESCE(s.modseq, 0), COALESCE(s.messages, 0), COALESCE(s.revision, 0), COALESCE(s.keys_revision, 0)"

// On PostgreSQL the columns that JoinTo gives have JoinedTypes, and its arguments JoinedArguments.
const (
	JoinedTypes     = "bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint"
	JoinedArguments = "text, text, text"
)

func (r *Row) fields() []any {
	return []any{&r.ID, &r.Validity, &r.Snapshot, &r.Next, &r.ModSeq, &r.Messages, &r.Revision, &r.KeysRevision}
}

// JoinTo has a question ask for the row of a mailbox too, for r, zeros where there is none.
// Its text ends with its tables; columns go behind its own.
func (r *Row) JoinTo(q *database.Question, box translate.Box) (columns, join string) {
	n := len(q.Args)
	q.Args = append(q.Args, database.Name(box.Upstream), database.Name(box.Login), database.Name(box.Mailbox))
	q.Into = append(q.Into, r.fields()...)
	return rowColumns, fmt.Sprintf(` LEFT JOIN mailboxes m ON m.upstream = $%d AND m.login = $%d AND m.mailbox = $%d
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity`, n+1, n+2, n+3)
}

func readRow(ctx context.Context, c database.Querier, box translate.Box) (r Row, err error) {
	err = c.Row(ctx, "SELECT "+rowColumns+` FROM mailboxes m
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity
		WHERE m.upstream = $1 AND m.login = $2 AND m.mailbox = $3`, database.Name(box.Upstream), database.Name(box.Login), database.Name(box.Mailbox)).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, nil
	}
	return r, err
}

// row is readRow as it is now.
func (s *Store) row(ctx context.Context, box translate.Box) (Row, error) {
	return recall.Of(s.db.Memory(), box, func() (Row, recall.Made, error) {
		r, err := readRow(ctx, s.db.View(), box)
		made := recall.Made{Of: []recall.Tag{database.OfBox(database.Name(box.Upstream), database.Name(box.Login), database.Name(box.Mailbox))}}
		if r.ID != 0 {
			made.Of = append(made.Of, database.OfMailbox(r.ID))
		}
		return r, made, err
	})
}

// RowAt is readRow for a mailbox by its number, and any UIDVALIDITY.
func RowAt(ctx context.Context, c database.Querier, mailbox int64, validity uint32) (r Row, err error) {
	err = c.Row(ctx, "SELECT "+rowColumns+` FROM mailboxes m
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = $2 WHERE m.id = $1`, mailbox, int64(validity)).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, nil
	}
	r.Validity = validity
	return r, err
}

// Snapshot decodes what a Row speaks of, once for each revision. Where
// another session writes between the two reads, what it wrote is given. Of an old
// server's messages, whose UIDs were given here, what is not damaged is given: the
// rest gets UIDs that nobody had, since UIDNEXT is known, and its unique-ids are the
// server's own.
func (s *Store) Snapshot(ctx context.Context, c database.Querier, of Row) (*Snapshot, error) {
	if of.Snapshot == 0 {
		return &Snapshot{}, nil
	}
	if snap, ok := s.cache.Get(snapshotKey(of.Snapshot), of.Revision).(*Snapshot); ok {
		return snap, nil
	}
	snap := &Snapshot{ID: of.Snapshot, Listing: translate.Listing{UIDValidity: of.Validity}}
	decoded := translate.Snapshot{Entries: make([]translate.Entry, 0, min(max(of.Messages, 0), chunks.MaxSet))}
	messages, damaged := 0, 0
	err := c.Each(ctx, func(scan func(...any) error) error {
		var chunk sql.NullInt64
		var data []byte
		if err := scan(&snap.Revision, &snap.Listing.UIDNext, &snap.Listing.HighestModSeq, &messages, &chunk, &data); err != nil {
			return err
		}
		if !chunk.Valid {
			return nil
		}
		snap.bounds = append(snap.bounds, imap.UID(chunk.Int64))
		err := translate.DecodeSnapshot(data, &decoded)
		if database.IsDamage(err) && of.Validity == translate.AssignedValidity && snap.Listing.UIDNext != 0 {
			damaged++
			return nil
		}
		return err
	}, `SELECT s.revision, s.uidnext, s.modseq, s.messages, e.chunk, e.data FROM snapshots s
		LEFT JOIN snapshot_entries e ON e.owner = s.id WHERE s.id = $1 ORDER BY e.chunk`, of.Snapshot)
	if err != nil {
		return nil, err
	}
	if damaged > 0 {
		s.db.Log("error", "a part of what is remembered of an old server's messages is damaged; they count as new, and what a device has hidden of them is shown to it again",
			"snapshot", of.Snapshot, "messages", messages-len(decoded.Entries))
	} else if len(decoded.Entries) != messages {
		return nil, fmt.Errorf("%w: it has %d messages, not %d", translate.ErrSnapshot, len(decoded.Entries), messages)
	}
	snap.Listing.Entries, snap.Measured = decoded.Entries, decoded.Measured
	snap.Listing = snap.Listing.Surveyed()
	s.cache.Put(snapshotKey(snap.ID), snap.Revision, snap, snap.octets())
	return snap, nil
}

// lockRow makes a mailbox's row where it is missing, and locks it until the
// transaction ends. Pages are locked before mailboxes.
func lockRow(ctx context.Context, tx database.Querier, box translate.Box) (r Row, err error) {
	err = tx.Row(ctx, `INSERT INTO mailboxes (upstream, login, mailbox) VALUES ($1, $2, $3)
		ON CONFLICT (upstream, login, mailbox) DO UPDATE SET login = excluded.login
		RETURNING id, uidvalidity`, database.Name(box.Upstream), database.Name(box.Login), database.Name(box.Mailbox)).Scan(&r.ID, &r.Validity)
	return r, err
}
