package migration

import (
	"cmp"
	"context"
	"slices"
	"time"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/progress"
)

// OldUpstreams names the upstreams that accounts are migrated away from, in order:
// the old POP3 servers.
func OldUpstreams(cfg *configs.Config) (names []string) {
	for name, u := range cfg.Upstream {
		if u.Protocol == configs.ProtocolPOP3 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// StatusStep is one line of the status.
type StatusStep struct {
	Step     progress.Step `json:"step"`
	Accounts int           `json:"accounts"`
	Of       int           `json:"of"`
	Problems int           `json:"problems"`
	LastHour int           `json:"last_hour"`
	LeftSecs int64         `json:"seconds_left,omitempty"` // 0: done, or nothing was done lately
}

// Problem is what is left to be done for an account.
type Problem struct {
	Account string        `json:"account"`
	Step    progress.Step `json:"step"`
	Note    string        `json:"note"`
}

// Status is how far a migration is.
type Status struct {
	Steps    []StatusStep `json:"steps"`
	Messages int64        `json:"messages"`
	Known    int64        `json:"known_by_content"`
	Problems []Problem    `json:"problems"`
}

// StatusOf counts what the ledger says of accounts on old servers, of the wanted ones
// alone where they are given.
func StatusOf(ctx context.Context, store *ledger.Store, old []string, wanted map[string]bool) (s Status, err error) {
	s.Problems = []Problem{}
	learned, err := store.Progress.Stages(ctx, old)
	if err != nil {
		return s, err
	}
	steps := map[progress.Step]*StatusStep{}
	for _, stage := range learned {
		steps[stage.Step] = &StatusStep{Step: stage.Step}
	}
	steps[progress.Learned].Accounts = int(learned[0].Good)
	known := make(map[string]bool)
	note := func(account string, step progress.Step, at time.Time, good bool, text string) {
		if wanted != nil && !wanted[account] {
			return
		}
		known[account] = true
		line := steps[step]
		switch {
		case line == nil:
			return
		case !good:
			line.Problems++
			s.Problems = append(s.Problems, Problem{account, step, text})
			return
		}
		line.Accounts++
		if time.Since(at) < time.Hour {
			line.LastHour++
		}
	}
	milestones, err := store.Progress.Milestones(ctx)
	if err != nil {
		return s, err
	}
	for _, m := range milestones {
		note(m.Account, m.Step, m.At, m.Good, m.Note)
	}
	moves, err := store.Progress.Moves(ctx)
	if err != nil {
		return s, err
	}
	for _, m := range moves {
		if m.Upstream != "" && !slices.Contains(old, m.Upstream) {
			note(m.Account, progress.MovedTo, m.At, m.Pending == "", "the command that runs after the move has not ended well")
		}
	}
	all := max(len(known), steps[progress.Learned].Accounts)
	if wanted != nil {
		all = len(wanted)
	}
	for _, stage := range learned {
		line := steps[stage.Step]
		line.Of = all
		if left := all - line.Accounts; left > 0 && line.LastHour > 0 {
			line.LeftSecs = int64(float64(left) / float64(line.LastHour) * time.Hour.Seconds())
		}
		s.Steps = append(s.Steps, *line)
	}
	slices.SortFunc(s.Problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Step, b.Step)) })
	for _, upstream := range old {
		err := store.Mailboxes.Coverage(ctx, upstream, func(c mailboxes.Coverage) error {
			s.Messages, s.Known = s.Messages+int64(c.Messages), s.Known+int64(min(c.Headers, c.Messages))
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
