package clerk

import (
	"context"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/migration"
)

// Migration is desk.Service's.
func (c *Clerk) Migration(ctx context.Context) (m desk.Migration, err error) {
	cfg := c.Config()
	m.Old = append([]string{}, migration.OldUpstreams(cfg)...)
	s, err := migration.StatusOf(ctx, cfg, c.Store, nil, c.RoutesOf)
	if err != nil {
		return m, err
	}
	m.Steps, m.Problems = []desk.MigrationStep{}, []desk.MigrationProblem{}
	m.Messages, m.Known, m.Unlearned = s.Messages, s.Known, s.Unlearned
	for _, line := range s.Steps {
		m.Steps = append(m.Steps, desk.MigrationStep{Step: string(line.Step), Accounts: line.Accounts, Of: line.Of, Problems: line.Problems, LastHour: line.LastHour, LeftSecs: line.LeftSecs})
	}
	for _, p := range s.Problems[:min(len(s.Problems), desk.MaxProblems)] {
		m.Problems = append(m.Problems, desk.MigrationProblem{Account: p.Account, Step: string(p.Step), Note: p.Note})
	}
	m.More = len(s.Problems) - len(m.Problems)
	return m, nil
}
