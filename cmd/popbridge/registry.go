package main

import (
	"context"
	"errors"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

// registry is the ledger as a migration sees it.
type registry struct{ store *ledger.Store }

// beginPoll is how often an account is tried that another command works on.
const beginPoll = 500 * time.Millisecond

func (r registry) Begin(ctx context.Context, account string, wait time.Duration) (migration.Work, error) {
	for end := time.Now().Add(wait); ; {
		w, err := r.store.Work(ctx, account)
		if err == nil {
			return work{w}, nil
		}
		if !errors.Is(err, ledger.ErrAtWork) || time.Now().After(end) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(beginPoll):
		}
	}
}

func (r registry) Standing(ctx context.Context, account string) (migration.Standing, error) {
	m, err := r.store.Move(ctx, account)
	return migration.Standing{Upstream: m.Upstream, Origin: m.Origin, Returned: m.Returned, At: m.At, Pending: m.Pending != ""}, err
}

func (r registry) Sitting(ctx context.Context, account string) (int, error) {
	return r.store.Sitting(ctx, account)
}

// Deletions leaves out what is in the mailbox still, hidden or flagged, and what an
// operator has brought back.
func (r registry) Deletions(ctx context.Context, account string, box translate.Box, since time.Time) ([]translate.Deletion, error) {
	entries, err := r.store.Deletions(ctx, account, ledger.Filter{Since: since})
	var gone []translate.Deletion
	for _, e := range entries {
		there := translate.Box{Upstream: e.Upstream, Login: e.Login, Mailbox: e.Mailbox}
		if there == box && e.Restored.IsZero() && e.Action != translate.DeleteHide && e.Action != translate.DeleteFlag {
			gone = append(gone, e.Deletion)
		}
	}
	return gone, err
}

var steps = map[migration.Step]ledger.Step{
	migration.StepHarvested: ledger.Harvested, migration.StepMatched: ledger.Matched, migration.StepVerified: ledger.Verified,
}

func (r registry) Reach(ctx context.Context, account string, step migration.Step, good bool, note string) error {
	return r.store.Reach(ctx, ledger.Milestone{Account: account, Step: steps[step], Good: good, Note: note})
}

// work is a ledger's Worker as a migration sees it.
type work struct{ *ledger.Worker }

// afterMove is what stands in the ledger while the command after a move has to run.
const afterMove = "after"

func (w work) Move(ctx context.Context, origin, to string, pending, returned bool) error {
	what := ""
	if pending {
		what = afterMove
	}
	return w.Worker.Move(ctx, origin, to, what, returned)
}
