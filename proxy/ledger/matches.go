package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// counterpart is what a message under a new UID was on the old server.
type counterpart struct {
	old    imap.UID
	reason translate.Reason
}

// pairTable keeps the pairs of a match by their new UIDs.
var pairTable = chunkTable[counterpart]{
	table: "match_pairs", owner: "matches", revision: "revision",
	put: func(b []byte, v, _ counterpart) []byte {
		return append(binary.AppendUvarint(b, uint64(v.old)), byte(v.reason))
	},
	take: func(b []byte, _ counterpart) (counterpart, []byte, bool) {
		old, n := binary.Uvarint(b)
		if n <= 0 || old == 0 || old >= 1<<32 || n == len(b) || b[n] > byte(translate.ReasonBody) {
			return counterpart{}, nil, false
		}
		return counterpart{imap.UID(old), translate.Reason(b[n])}, b[n+1:], true
	},
}

// KeepMatch keeps which messages of two mailboxes are the same, in place of what
// was kept of these two before; durable when it returns. Both mailboxes must have
// been listed, or it fails with ErrUnknown.
func (s *Store) KeepMatch(ctx context.Context, c translate.Mapping) error {
	pairs := make(map[imap.UID]counterpart, len(c.Pairs))
	for _, p := range c.Pairs {
		pairs[p.New] = counterpart{p.Old, p.Reason}
	}
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		old, err := readShelf(ctx, tx, boxKey(c.Old))
		if err != nil {
			return err
		}
		fresh, err := readShelf(ctx, tx, boxKey(c.New))
		switch {
		case err != nil:
			return err
		case old.mailbox == 0 || fresh.mailbox == 0:
			return ErrUnknown
		}
		var id int64
		err = tx.row(ctx, `INSERT INTO matches (old_mailbox_id, old_uidvalidity, new_mailbox_id, new_uidvalidity, at, revision, pairs, old_only, new_only, ambiguous)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (new_mailbox_id, old_mailbox_id) DO UPDATE SET old_uidvalidity = excluded.old_uidvalidity, new_uidvalidity = excluded.new_uidvalidity,
				at = excluded.at, revision = excluded.revision, pairs = excluded.pairs, old_only = excluded.old_only, new_only = excluded.new_only,
				ambiguous = excluded.ambiguous RETURNING id`,
			old.mailbox, int64(c.OldValidity), fresh.mailbox, int64(c.NewValidity), c.At.UnixMilli(), newRevision(),
			len(c.Pairs), c.OldOnly, c.NewOnly, c.Ambiguous).Scan(&id)
		if err != nil {
			return err
		}
		if err := pairTable.clear(ctx, tx, id); err != nil {
			return err
		}
		_, err = pairTable.save(ctx, tx, id, pairs)
		return err
	}))
}

// Match gives what is kept of two mailboxes, with its pairs in order of new UIDs;
// the zero Mapping where there is nothing.
func (s *Store) Match(ctx context.Context, old, fresh translate.Box) (translate.Mapping, error) {
	c, err := steady(ctx, func() (translate.Mapping, error) { return s.match(ctx, old, fresh) })
	return c, s.scrub(err)
}

func (s *Store) match(ctx context.Context, old, fresh translate.Box) (c translate.Mapping, err error) {
	view := s.db.view()
	var id, revision, at int64
	err = view.row(ctx, `SELECT x.id, x.revision, x.at, x.old_uidvalidity, x.new_uidvalidity, x.old_only, x.new_only, x.ambiguous FROM matches x
		JOIN mailboxes o ON o.id = x.old_mailbox_id JOIN mailboxes n ON n.id = x.new_mailbox_id
		WHERE o.upstream = $1 AND o.login = $2 AND o.mailbox = $3 AND n.upstream = $4 AND n.login = $5 AND n.mailbox = $6`,
		name(old.Upstream), name(old.Login), name(old.Mailbox), name(fresh.Upstream), name(fresh.Login), name(fresh.Mailbox)).
		Scan(&id, &revision, &at, &c.OldValidity, &c.NewValidity, &c.OldOnly, &c.NewOnly, &c.Ambiguous)
	if errors.Is(err, sql.ErrNoRows) {
		return translate.Mapping{}, nil
	}
	if err != nil {
		return c, err
	}
	c.Old, c.New, c.At = old, fresh, moment(at)
	c.Pairs, err = loadPairs(ctx, s, view, id, revision)
	return c, err
}

func loadPairs(ctx context.Context, s *Store, c statements, match, revision int64) ([]translate.Pair, error) {
	kept, err := pairTable.load(ctx, s, c, match, revision)
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

// matchedWith gives the old side of the newest match of a mailbox; zeros where
// there is none.
func matchedWith(ctx context.Context, c statements, mailbox int64, validity uint32) (old shelf, err error) {
	err = c.row(ctx, "SELECT old_mailbox_id, old_uidvalidity FROM matches WHERE new_mailbox_id = $1 AND new_uidvalidity = $2 ORDER BY at DESC LIMIT 1",
		mailbox, int64(validity)).Scan(&old.mailbox, &old.validity)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return old, err
}

// pairsBetween gives the pairs of a match of two mailboxes, from which of the two
// sides the account may come; nil where there is none.
func pairsBetween(ctx context.Context, s *Store, c statements, from shelf, to int64, validity uint32) ([]translate.Pair, error) {
	var match, revision int64
	var back bool
	err := c.row(ctx, `SELECT id, revision, old_mailbox_id = $3 FROM matches
		WHERE old_mailbox_id = $1 AND old_uidvalidity = $2 AND new_mailbox_id = $3 AND new_uidvalidity = $4
			OR new_mailbox_id = $1 AND new_uidvalidity = $2 AND old_mailbox_id = $3 AND old_uidvalidity = $4
		ORDER BY at DESC LIMIT 1`, from.mailbox, int64(from.validity), to, int64(validity)).Scan(&match, &revision, &back)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pairs, err := loadPairs(ctx, s, c, match, revision)
	for i, p := range pairs {
		if back {
			pairs[i].Old, pairs[i].New = p.New, p.Old
		}
	}
	return pairs, err
}

// dropMatches forgets the matches of a mailbox that nobody is served from any more,
// and the mailboxes on their other side that are left alone with that.
func dropMatches(ctx context.Context, tx statements, mailbox int64) error {
	var others []int64
	err := tx.each(ctx, func(scan func(...any) error) error {
		var other int64
		err := scan(&other)
		others = append(others, other)
		return err
	}, `DELETE FROM matches WHERE (old_mailbox_id = $1 OR new_mailbox_id = $1) AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = $1)
		RETURNING CASE WHEN old_mailbox_id = $1 THEN new_mailbox_id ELSE old_mailbox_id END`, mailbox)
	for _, other := range others {
		if err == nil {
			err = abandon(ctx, tx, other)
		}
	}
	return err
}
