package migration

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/route"
	"popbridge/translate"
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
	Steps []StatusStep `json:"steps"`
	// Messages is how many there are in the mailboxes that were learned, and Known how
	// many of them are known by content. Of Unlearned accounts nobody knows how many
	// they have.
	Messages  int64     `json:"messages"`
	Known     int64     `json:"known_by_content"`
	Unlearned int       `json:"accounts_not_learned"`
	Problems  []Problem `json:"problems"`
}

// RoutesOf gives the configuration with an account's routes as its directories fill them
// in.
type RoutesOf func(ctx context.Context, account string) (*configs.Config, error)

// count is a Status while it is counted.
type count struct {
	Status
	routesOf RoutesOf
	wanted   map[string]bool // nil: all accounts
	accounts map[string]bool // those that anything is known of
	steps    map[progress.Step]*StatusStep
	stuck    map[Problem]bool // without their notes
}

// StatusOf counts what the ledger says of accounts on old servers, of the wanted ones
// alone where they are given. routesOf gives the configuration with an account's routes as
// its directories fill them in; it is asked for accounts whose routes alone do not lead to
// a mailbox that was listed, and its failure is StatusOf's.
func StatusOf(ctx context.Context, cfg *configs.Config, store *ledger.Store, wanted map[string]bool, routesOf RoutesOf) (Status, error) {
	c := count{routesOf: routesOf, wanted: wanted, accounts: make(map[string]bool), steps: make(map[progress.Step]*StatusStep), stuck: make(map[Problem]bool)}
	c.Problems, c.Steps = []Problem{}, make([]StatusStep, len(progress.Steps))
	for i, step := range progress.Steps {
		c.Steps[i].Step, c.steps[step] = step, &c.Steps[i]
	}
	milestones, err := store.Progress.Milestones(ctx)
	if err != nil {
		return c.Status, err
	}
	for _, m := range milestones {
		c.note(m.Account, m.Step, m.At, m.Good, m.Note)
	}
	moves, err := store.Progress.Moves(ctx)
	if err != nil {
		return c.Status, err
	}
	old := OldUpstreams(cfg)
	for _, m := range moves {
		if m.Upstream != "" && !slices.Contains(old, m.Upstream) {
			c.note(m.Account, progress.MovedTo, m.At, m.Pending == "", "the command that runs after the move has not ended well")
		}
	}
	if err := c.cover(ctx, cfg, store, old); err != nil {
		return c.Status, err
	}
	for i := range c.Steps {
		line := &c.Steps[i]
		line.Of = c.steps[progress.Learned].Accounts + c.Unlearned
		if left := line.Of - line.Accounts; left > 0 && line.LastHour > 0 {
			line.LeftSecs = int64(float64(left) / float64(line.LastHour) * time.Hour.Seconds())
		}
	}
	slices.SortFunc(c.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Note, b.Note))
	})
	return c.Status, nil
}

// note counts what is known of a step of an account. Several problems of one step are
// one account's.
func (c *count) note(account string, step progress.Step, at time.Time, good bool, text string) {
	if c.wanted != nil && !c.wanted[account] {
		return
	}
	c.accounts[account] = true
	line := c.steps[step]
	switch {
	case line == nil:
		return
	case !good:
		c.Problems = append(c.Problems, Problem{account, step, text})
		if one := (Problem{Account: account, Step: step}); !c.stuck[one] {
			c.stuck[one] = true
			line.Problems++
		}
		return
	}
	line.Accounts++
	if time.Since(at) < time.Hour {
		line.LastHour++
	}
}

// cover counts the mailboxes on old servers, what is known of their messages, and the
// accounts that have none which anybody has listed.
func (c *count) cover(ctx context.Context, cfg *configs.Config, store *ledger.Store, old []string) error {
	listed := make(map[translate.Box]mailboxes.Coverage)
	for _, upstream := range old {
		err := store.Mailboxes.Coverage(ctx, upstream, func(found mailboxes.Coverage) error {
			listed[found.Box] = found
			return nil
		})
		if err != nil {
			return err
		}
	}
	accounts := c.wanted
	if accounts == nil {
		accounts = c.accounts
	}
	counted := make(map[translate.Box]bool)
	for account := range accounts {
		seen := func(cfg *configs.Config) (learned bool) {
			for _, upstream := range old {
				t, err := route.On(cfg, upstream, account)
				if _, there := listed[t.Box()]; err == nil && there {
					counted[t.Box()], learned = true, true
				}
			}
			return learned
		}
		learned := seen(cfg)
		if !learned && len(cfg.Lookup) > 0 {
			own, err := c.routesOf(ctx, account)
			if err != nil {
				return fmt.Errorf("where account %q goes: %w", account, err)
			}
			learned = seen(own)
		}
		if learned {
			c.steps[progress.Learned].Accounts++
		} else {
			c.Unlearned++
		}
	}
	for box, found := range listed {
		if c.wanted == nil && !counted[box] {
			c.steps[progress.Learned].Accounts++
			counted[box] = true
		}
		if counted[box] {
			c.Messages, c.Known = c.Messages+int64(found.Messages), c.Known+int64(min(found.Headers, found.Messages))
		}
	}
	return nil
}
