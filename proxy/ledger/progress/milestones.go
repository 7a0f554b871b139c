package progress

import (
	"context"
	"strings"
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
	Failed  bool   // it could not be done; Note says why
	Note    string // the result for people
}

// failed goes before a step in the row that says why it could not be done last. What
// the step had come to before has its own row, and still holds.
const failed = "failed:"

// SaveMilestone notes that a step was done for an account, instead of what was noted.
func (s *Store) SaveMilestone(ctx context.Context, m Milestone) error {
	return s.saveMilestone(ctx, m, string(m.Step))
}

// SaveFailure notes why a step could not be done for an account. What it had come to
// before stays: it speaks of what the ledger still has.
func (s *Store) SaveFailure(ctx context.Context, account string, step Step, note string) error {
	return s.saveMilestone(ctx, Milestone{Account: account, Step: step, Note: note}, failed+string(step))
}

// ClearFailure takes a failure away that SaveFailure has noted, as SaveMilestone does.
func (s *Store) ClearFailure(ctx context.Context, account string, step Step) error {
	if !s.db.Durable() {
		return database.ErrNeedsDisk
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error { return clearFailure(ctx, tx, account, step) }))
}

func clearFailure(ctx context.Context, tx database.Querier, account string, step Step) error {
	return tx.Exec(ctx, "DELETE FROM milestones WHERE account = $1 AND step = $2", database.Name(account), failed+string(step))
}

func (s *Store) saveMilestone(ctx context.Context, m Milestone, row string) error {
	if !s.db.Durable() {
		return database.ErrNeedsDisk
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		if err := clearFailure(ctx, tx, m.Account, m.Step); err != nil {
			return err
		}
		return tx.Exec(ctx, `INSERT INTO milestones (account, step, at, good, note) VALUES ($1, $2, `+s.db.Now()+`, $3, $4)
			ON CONFLICT (account, step) DO UPDATE SET at = excluded.at, good = excluded.good, note = excluded.note`,
			database.Name(m.Account), row, m.Good, database.Readable(m.Note))
	}))
}

// batch is how many rows of all accounts are read at once: no statement takes long, however
// many accounts there are.
const batch = 10_000

// Milestones gives those of all accounts, by account. One that is Failed stands beside
// what its step had come to before.
func (s *Store) Milestones(ctx context.Context) (list []Milestone, err error) {
	var account, row string // the last that was read, as they stand in the database
	for read := batch; read == batch && err == nil; {
		read = 0
		err = s.db.View().Each(ctx, func(scan func(...any) error) error {
			var m Milestone
			var at int64
			err := scan(&account, &row, &at, &m.Good, &m.Note)
			step, isFailed := strings.CutPrefix(row, failed)
			m.Account, m.Step, m.At, m.Failed = database.Unname(account), Step(step), database.Moment(at), isFailed
			list, read = append(list, m), read+1
			return err
		}, "SELECT account, step, at, good, note FROM milestones WHERE (account, step) > ($1, $2) ORDER BY account, step LIMIT $3", account, row, batch)
	}
	return list, s.db.Explain(err)
}
