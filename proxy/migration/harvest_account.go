package migration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// HarvestOrder says how accounts are to be harvested.
type HarvestOrder struct {
	Upstream string
	Headers  Headers
	Gentle   Gentle
	Take     Take
	// Tries is how often an account is tried that fails, at least 1, and Pause how
	// long to wait before trying again.
	Tries int
	Pause time.Duration
}

// HarvestedAccount is what is said of one account.
type HarvestedAccount struct {
	Account  string `json:"account"`
	Messages int    `json:"messages"`
	New      int    `json:"new"`
	Needed   int    `json:"headers_needed"`
	Known    int    `json:"headers_known"`
	Read     int    `json:"headers_read"`
	Coverage int    `json:"known_by_content"`
	Error    string `json:"error,omitempty"`
}

// HarvestAccounts goes through the accounts, and then through those again that have
// failed, unless trying again is hopeless. It gives what is said of those that were
// begun, in the order of the batch.
func (s *Site) HarvestAccounts(ctx context.Context, b Batch, o HarvestOrder) ([]HarvestedAccount, error) {
	all, said := b.Accounts, make(map[string]HarvestedAccount, len(b.Accounts))
	var err error
	for try := 1; ; try++ {
		var done []Done[HarvestedAccount]
		done, err = ForEach(ctx, b, "harvest", func(ctx context.Context, a Account) (HarvestedAccount, error) { return s.harvestAccount(ctx, a, o) })
		b.Accounts = nil
		for _, d := range done {
			said[d.Account.Name] = d.Result
			if d.Err != nil && !Hopeless(d.Err) {
				b.Accounts = append(b.Accounts, d.Account)
			}
		}
		if len(b.Accounts) == 0 || try >= o.Tries || ctx.Err() != nil {
			break
		}
		fmt.Fprintf(b.Told, "harvest: trying %s again in %s\n", translate.Count(len(b.Accounts), "account"), o.Pause)
		_ = pause(ctx, o.Pause) // where the context has ended no account is begun
	}
	list := make([]HarvestedAccount, 0, len(said))
	failed := 0
	for _, a := range all {
		h, begun := said[a.Name]
		if !begun {
			continue
		}
		if list = append(list, h); h.Error != "" {
			failed++
		}
	}
	if failed > 0 && ctx.Err() == nil {
		err = failures(failed, len(all))
	}
	return list, err
}

// harvestAccount harvests an account and notes what came of it. What was cut short by
// the caller says nothing of the account.
func (s *Site) harvestAccount(ctx context.Context, a Account, o HarvestOrder) (HarvestedAccount, error) {
	h, err := s.Harvest(ctx, o.Upstream, a, o.Headers, o.Gentle, o.Take)
	if errors.Is(err, ErrLess) {
		err = fmt.Errorf("%w; check that it is the right server, and that it works; what was harvested before is kept; only if the mail is gone for good, --force learns it all the same", err)
	}
	said := HarvestedAccount{Account: a.Name, Messages: h.Messages, New: h.New, Needed: h.Needed, Known: h.Known, Read: h.Read, Coverage: h.Coverage}
	if err != nil {
		said.Error = causeText(err)
	}
	switch {
	case o.Take == DryRun:
		return said, err
	case err != nil:
		return said, errors.Join(err, s.fail(ctx, a.Name, progress.Harvested, err))
	}
	note := fmt.Sprintf("%s, %d of %d headers known", translate.Count(h.Messages, "message"), h.Known, h.Needed)
	return said, s.reach(ctx, a.Name, progress.Harvested, true, note)
}
