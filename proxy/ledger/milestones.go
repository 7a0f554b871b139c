package ledger

import (
	"context"
	"time"
)

// Step is a part of an account's migration. The words stand in the database.
type Step string

// The steps, in their usual order.
const (
	Harvested Step = "harvested" // the old server was read
	Matched   Step = "matched"   // its messages were found on the new one
	Verified  Step = "verified"  // what devices will see was compared
)

// Milestone is when a step was last done for an account, and with what result.
type Milestone struct {
	Account string
	Step    Step
	At      time.Time
	Good    bool   // nothing is left to be done for it
	Note    string // the result for people
}

// Reach notes that a step was done for an account, instead of what was noted.
func (s *Store) Reach(ctx context.Context, m Milestone) error {
	if s.kind == DriverMemory {
		return ErrNeedsDisk
	}
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		return tx.exec(ctx, `INSERT INTO milestones (account, step, at, good, note) VALUES ($1, $2, `+s.now()+`, $3, $4)
			ON CONFLICT (account, step) DO UPDATE SET at = excluded.at, good = excluded.good, note = excluded.note`,
			name(m.Account), string(m.Step), m.Good, readable(m.Note))
	}))
}

// Milestones gives those of all accounts, by account.
func (s *Store) Milestones(ctx context.Context) (list []Milestone, err error) {
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var m Milestone
		var at int64
		err := scan(&m.Account, &m.Step, &at, &m.Good, &m.Note)
		m.Account, m.At = unname(m.Account), moment(at)
		list = append(list, m)
		return err
	}, "SELECT account, step, at, good, note FROM milestones ORDER BY account, step")
	return list, s.scrub(err)
}
