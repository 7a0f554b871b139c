package progress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/recall"
	"popbridge/translate"
)

// Move is what an operator has said of where an account is served.
type Move struct {
	Account string
	// Upstream serves it, stronger than routes; empty: the routes decide.
	Upstream string
	// Origin is the upstream that served it before.
	Origin string
	// Returned says that the last move took it back to where it came from.
	Returned bool
	At       time.Time // zero: it was never moved
	// Pending is what the command that moved it has not brought to its end, in
	// that command's words; empty for nothing.
	Pending string
	// Held says that nobody logs in now, Working that a command is at work.
	Held, Working bool
	// Disabled is since when nobody may log in, zero where they may; Why is an operator's
	// note on it.
	Disabled time.Time
	Why      string
}

// moveColumns are those of a Move; %[1]s is what leased gives.
const moveColumns = "account, upstream, origin, returned, moved_at, pending, %[1]s, held AND %[1]s, disabled_at, disabled_why"

// Placement gives the upstream that serves an account whatever the routes say,
// empty for none, and whether its logins are held now. It reads one row, and again only
// where that has changed, or a command is at work: a hold ends with its lease too.
func (s *Store) Placement(ctx context.Context, account string) (translate.Placement, error) {
	placed, err := recall.Of(s.db.Memory(), placementKey(account), func() (p translate.Placement, made recall.Made, err error) {
		m, err := s.move(ctx, s.db.View(), account)
		if !m.Working {
			made.Of = []recall.Tag{database.OfAccount(database.Name(account))}
		}
		return translate.Placement{Upstream: m.Upstream, Held: m.Held, Disabled: !m.Disabled.IsZero(), Why: m.Why}, made, err
	})
	return placed, s.db.Refusal(err)
}

// Arrival is Placement with events.Generation, in one statement that sees one state of the
// ledger: every event up to there has changed the Placement already, and none behind it has.
func (s *Store) Arrival(ctx context.Context, account string) (generation int64, p translate.Placement, err error) {
	var disabled int64
	err = s.db.View().Row(ctx, fmt.Sprintf("SELECT "+events.Generation+`, COALESCE(upstream, ''), COALESCE(held AND %s, false), COALESCE(disabled_at, 0), COALESCE(disabled_why, '')
		FROM (SELECT 1 AS one) AS o LEFT JOIN moves ON account = $1`, s.leased()), database.Name(account)).
		Scan(&generation, &p.Upstream, &p.Held, &disabled, &p.Why)
	p.Upstream, p.Disabled, p.Why = database.Unname(p.Upstream), disabled != 0, database.Unname(p.Why)
	return generation, p, err
}

// Unmoved is SQL that is true of an account ($1) which upstream serves as Arrival would give
// it, and to which everybody may log in now.
func (s *Store) Unmoved(upstream string) string {
	return fmt.Sprintf(`(%s = COALESCE((SELECT moves.upstream FROM moves WHERE moves.account = $1), '')
		AND NOT EXISTS (SELECT 1 FROM moves WHERE moves.account = $1 AND (moves.disabled_at <> 0 OR moves.held AND %s)))`, upstream, s.leased())
}

type placementKey string

// MoveOf gives what is said of one account; the zero Move but for its name where
// nothing is.
func (s *Store) MoveOf(ctx context.Context, account string) (Move, error) {
	m, err := s.move(ctx, s.db.View(), account)
	return m, s.db.Explain(err)
}

func (s *Store) move(ctx context.Context, c database.Querier, account string) (Move, error) {
	m, err := scanMove(c.Row(ctx, fmt.Sprintf("SELECT "+moveColumns+" FROM moves WHERE account = $1", s.leased()), database.Name(account)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Move{Account: account}, nil
	}
	return m, err
}

func scanMove(scan func(...any) error) (m Move, err error) {
	var at, disabled int64
	err = scan(&m.Account, &m.Upstream, &m.Origin, &m.Returned, &at, &m.Pending, &m.Working, &m.Held, &disabled, &m.Why)
	m.Disabled, m.Why = database.Moment(disabled), database.Unname(m.Why)
	m.Account, m.Upstream, m.Origin, m.At = database.Unname(m.Account), database.Unname(m.Upstream), database.Unname(m.Origin), database.Moment(at)
	return m, err
}

// Moves gives all accounts of which an operator has said something, or that a
// command is at work on, by name.
func (s *Store) Moves(ctx context.Context) (moves []Move, err error) {
	after := "" // the last account that was read
	for read := batch; read == batch && err == nil; {
		read = 0
		err = s.db.View().Each(ctx, func(scan func(...any) error) error {
			m, err := scanMove(scan)
			moves, read, after = append(moves, m), read+1, m.Account
			return err
		}, fmt.Sprintf("SELECT "+moveColumns+" FROM moves WHERE account > $1 AND (moved_at > 0 OR %[1]s) ORDER BY account LIMIT $2", s.leased()), database.Name(after), batch)
	}
	return moves, s.db.Explain(err)
}
