package mailboxes

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// counterpart is what a message under a new UID was on the old server.
type counterpart struct {
	old    imap.UID
	reason translate.Reason
}

// pairTable keeps the pairs of a mapping by their new UIDs.
var pairTable = chunks.Table[counterpart]{
	Name: "match_pairs", Owner: "matches", Revision: "revision",
	Put: func(b []byte, v, _ counterpart) []byte {
		return append(binary.AppendUvarint(b, uint64(v.old)), byte(v.reason))
	},
	Take: func(b []byte, _ counterpart) (counterpart, []byte, bool) {
		old, n := binary.Uvarint(b)
		if n <= 0 || old == 0 || old >= 1<<32 || n == len(b) || b[n] > byte(translate.ReasonBody) {
			return counterpart{}, nil, false
		}
		return counterpart{imap.UID(old), translate.Reason(b[n])}, b[n+1:], true
	},
}

// SaveMapping keeps which messages of two mailboxes are the same, in place of what
// was kept of these two before; durable when it returns. Both mailboxes must have
// been listed, or it fails with database.ErrUnknown.
func (s *Store) SaveMapping(ctx context.Context, c translate.Mapping) error {
	pairs := make(map[imap.UID]counterpart, len(c.Pairs))
	for _, p := range c.Pairs {
		pairs[p.New] = counterpart{p.Old, p.Reason}
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		old, err := readRow(ctx, tx, c.Old)
		if err != nil {
			return err
		}
		fresh, err := readRow(ctx, tx, c.New)
		switch {
		case err != nil:
			return err
		case old.ID == 0 || fresh.ID == 0:
			return database.ErrUnknown
		}
		var id int64
		err = tx.Row(ctx, `INSERT INTO matches (old_mailbox_id, old_uidvalidity, new_mailbox_id, new_uidvalidity, at, revision, pairs, old_only, new_only, ambiguous)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (new_mailbox_id, old_mailbox_id) DO UPDATE SET old_uidvalidity = excluded.old_uidvalidity, new_uidvalidity = excluded.new_uidvalidity,
				at = excluded.at, revision = excluded.revision, pairs = excluded.pairs, old_only = excluded.old_only, new_only = excluded.new_only,
				ambiguous = excluded.ambiguous RETURNING id`,
			old.ID, int64(c.OldValidity), fresh.ID, int64(c.NewValidity), c.At.UnixMilli(), chunks.NewRevision(),
			len(c.Pairs), c.OldOnly, c.NewOnly, c.Ambiguous).Scan(&id)
		if err != nil {
			return err
		}
		if err := pairTable.Clear(ctx, tx, id); err != nil {
			return err
		}
		_, err = pairTable.Save(ctx, tx, id, pairs)
		return err
	}))
}

// LoadMapping gives what is kept of two mailboxes, with its pairs in order of new UIDs;
// the zero Mapping where there is nothing.
func (s *Store) LoadMapping(ctx context.Context, old, fresh translate.Box) (translate.Mapping, error) {
	c, err := database.Retry(ctx, func() (translate.Mapping, error) { return s.loadMapping(ctx, old, fresh) })
	return c, s.db.Explain(err)
}

func (s *Store) loadMapping(ctx context.Context, old, fresh translate.Box) (c translate.Mapping, err error) {
	view := s.db.View()
	var id, revision, at int64
	err = view.Row(ctx, `SELECT x.id, x.revision, x.at, x.old_uidvalidity, x.new_uidvalidity, x.old_only, x.new_only, x.ambiguous FROM matches x
		JOIN mailboxes o ON o.id = x.old_mailbox_id JOIN mailboxes n ON n.id = x.new_mailbox_id
		WHERE o.upstream = $1 AND o.login = $2 AND o.mailbox = $3 AND n.upstream = $4 AND n.login = $5 AND n.mailbox = $6`,
		database.Name(old.Upstream), database.Name(old.Login), database.Name(old.Mailbox), database.Name(fresh.Upstream), database.Name(fresh.Login), database.Name(fresh.Mailbox)).
		Scan(&id, &revision, &at, &c.OldValidity, &c.NewValidity, &c.OldOnly, &c.NewOnly, &c.Ambiguous)
	if errors.Is(err, sql.ErrNoRows) {
		return translate.Mapping{}, nil
	}
	if err != nil {
		return c, err
	}
	c.Old, c.New, c.At = old, fresh, database.Moment(at)
	c.Pairs, err = s.loadPairs(ctx, view, id, revision)
	return c, err
}

func (s *Store) loadPairs(ctx context.Context, c database.Querier, match, revision int64) ([]translate.Pair, error) {
	kept, err := pairTable.Load(ctx, s.db, c, match, revision)
	if err != nil {
		return nil, err
	}
	pairs := make([]translate.Pair, 0, len(kept))
	for uid, p := range kept {
		pairs = append(pairs, translate.Pair{Old: p.old, New: uid, Reason: p.reason})
	}
	slices.SortFunc(pairs, func(a, b translate.Pair) int { return cmp.Compare(a.New, b.New) })
	return pairs, nil
}

// MappedFrom gives the old side of the newest mapping of a mailbox; zeros where
// there is none.
func MappedFrom(ctx context.Context, c database.Querier, mailbox int64, validity uint32) (old Row, err error) {
	err = c.Row(ctx, "SELECT old_mailbox_id, old_uidvalidity FROM matches WHERE new_mailbox_id = $1 AND new_uidvalidity = $2 ORDER BY at DESC LIMIT 1",
		mailbox, int64(validity)).Scan(&old.ID, &old.Validity)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return old, err
}

// PairsBetween gives the pairs of a mapping of two mailboxes, from which of the two
// sides the account may come; nil where there is none.
func (s *Store) PairsBetween(ctx context.Context, c database.Querier, from Row, to int64, validity uint32) ([]translate.Pair, error) {
	var match, revision int64
	var back bool
	err := c.Row(ctx, `SELECT id, revision, old_mailbox_id = $3 FROM matches
		WHERE old_mailbox_id = $1 AND old_uidvalidity = $2 AND new_mailbox_id = $3 AND new_uidvalidity = $4
			OR new_mailbox_id = $1 AND new_uidvalidity = $2 AND old_mailbox_id = $3 AND old_uidvalidity = $4
		ORDER BY at DESC LIMIT 1`, from.ID, int64(from.Validity), to, int64(validity)).Scan(&match, &revision, &back)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pairs, err := s.loadPairs(ctx, c, match, revision)
	for i, p := range pairs {
		if back {
			pairs[i].Old, pairs[i].New = p.New, p.Old
		}
	}
	return pairs, err
}

// DropMappings forgets the mappings of a mailbox that nobody is served from any more,
// and the mailboxes on their other side that are left alone with that.
func DropMappings(ctx context.Context, tx database.Querier, mailbox int64) error {
	var others []int64
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var other int64
		err := scan(&other)
		others = append(others, other)
		return err
	}, `DELETE FROM matches WHERE (old_mailbox_id = $1 OR new_mailbox_id = $1) AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = $1)
		RETURNING CASE WHEN old_mailbox_id = $1 THEN new_mailbox_id ELSE old_mailbox_id END`, mailbox)
	for _, other := range others {
		if err == nil {
			err = Abandon(ctx, tx, other)
		}
	}
	return err
}
