package progress

import (
	"context"
	"time"

	"popbridge/proxy/ledger/database"
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

// SaveMilestone notes that a step was done for an account, instead of what was noted.
func (s *Store) SaveMilestone(ctx context.Context, m Milestone) error {
	if !s.db.Durable() {
		return database.ErrNeedsDisk
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, `INSERT INTO milestones (account, step, at, good, note) VALUES ($1, $2, `+s.db.Now()+`, $3, $4)
			ON CONFLICT (account, step) DO UPDATE SET at = excluded.at, good = excluded.good, note = excluded.note`,
			database.Name(m.Account), string(m.Step), m.Good, database.Readable(m.Note))
	}))
}

// Milestones gives those of all accounts, by account.
func (s *Store) Milestones(ctx context.Context) (list []Milestone, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var m Milestone
		var at int64
		err := scan(&m.Account, &m.Step, &at, &m.Good, &m.Note)
		m.Account, m.At = database.Unname(m.Account), database.Moment(at)
		list = append(list, m)
		return err
	}, "SELECT account, step, at, good, note FROM milestones ORDER BY account, step")
	return list, s.db.Explain(err)
}
