package migration

import (
	"context"
	"fmt"
	"io"
	"slices"

	"popbridge/translate"
)

// Batch is the accounts that a command goes through.
type Batch struct {
	Accounts []Account
	// Parallel is how many accounts are worked on at once, at least 1.
	Parallel int
	// Told is where it is said how far the run is, and which accounts have failed;
	// Terminal says that somebody looks at it.
	Told     io.Writer
	Terminal bool
	// Did, where not nil, hears of each account when its work is over.
	Did func(account string, err error)
}

// ForEach does a command's work, which has a name, for each account of a batch and
// tells how far it is. The outcomes are in the order of the accounts. Where accounts
// failed the error says how many; each was told already.
func ForEach[T any](ctx context.Context, b Batch, name string, work func(context.Context, Account) (T, error)) ([]Done[T], error) {
	place := make(map[string]int, len(b.Accounts))
	for i, a := range b.Accounts {
		place[a.Name] = i
	}
	done := make([]Done[T], 0, len(b.Accounts))
	progress := NewProgress(b.Told, b.Terminal, name, len(b.Accounts))
	err := Run(ctx, b.Accounts, b.Parallel, work, func(d Done[T]) {
		done = append(done, d)
		if b.Did != nil {
			b.Did(d.Account.Name, d.Err)
		}
		progress.Did(d.Account, d.Err)
	})
	progress.End()
	slices.SortFunc(done, func(a, b Done[T]) int { return place[a.Account.Name] - place[b.Account.Name] })
	if err == nil {
		err = failures(progress.Failed(), len(b.Accounts))
	}
	return done, err
}

// Results are the outcomes without the accounts they are of.
func Results[T any](done []Done[T]) []T {
	list := make([]T, len(done))
	for i, d := range done {
		list[i] = d.Result
	}
	return list
}

// failures says how many accounts of a batch have failed; nil for none.
func failures(failed, total int) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s failed", failed, translate.Count(total, "account"))
}
