package progress

import (
	"context"

	"popbridge/proxy/ledger/database"
)

// Stage is how many accounts have come to a point of their migration.
type Stage struct {
	Step     Step
	Good     int64 // nothing is left to be done for it
	Problems int64 // accounts for which it is not done in full, or could not be done last
}

// The stages that are no Step of a command's.
const (
	Learned Step = "learned" // the mailbox on the old server was listed
	MovedTo Step = "moved"   // served from another upstream by an operator's word
)

// Steps are all that a migration goes through, in their order.
var Steps = []Step{Learned, Harvested, Matched, Verified, MovedTo}

// Stages counts accounts at each point, of which old names the upstreams that are
// migrated away from.
func (s *Store) Stages(ctx context.Context, old []string) ([]Stage, error) {
	stages := make([]Stage, len(Steps))
	for i, step := range Steps {
		stages[i].Step = step
	}
	for _, upstream := range old {
		var mailboxes int64
		err := s.db.View().Row(ctx, `SELECT COUNT(*) FROM mailboxes m
			JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity WHERE m.upstream = $1`, database.Name(upstream)).Scan(&mailboxes)
		if err != nil {
			return nil, s.db.Explain(err)
		}
		stages[0].Good += mailboxes
	}
	c := s.db.View()
	err := c.Each(ctx, func(scan func(...any) error) error {
		var one Stage
		err := scan(&one.Step, &one.Good, &one.Problems)
		for i := range stages {
			if stages[i].Step == one.Step {
				stages[i] = one
			}
		}
		return err
	}, `SELECT REPLACE(step, '`+failed+`', '') AS done, COUNT(DISTINCT CASE WHEN good THEN account END), COUNT(DISTINCT CASE WHEN good THEN NULL ELSE account END)
		FROM milestones GROUP BY done`)
	if err != nil {
		return nil, s.db.Explain(err)
	}
	served := make(map[string]int64)
	err = c.Each(ctx, func(scan func(...any) error) error {
		var upstream string
		var n int64
		err := scan(&upstream, &n)
		served[database.Unname(upstream)] = n
		return err
	}, "SELECT upstream, COUNT(*) FROM moves WHERE upstream <> '' GROUP BY upstream")
	for _, upstream := range old {
		delete(served, upstream) // they are back
	}
	for _, n := range served {
		stages[len(stages)-1].Good += n
	}
	return stages, s.db.Explain(err)
}
