package migration

import (
	"context"
	"sync"
)

// Done is what became of one account.
type Done[T any] struct {
	Account Account
	Result  T
	Err     error
}

// Run works on accounts, so many at a time, and hands each one's outcome to each,
// which is called from one goroutine at a time in the order in which they are
// finished. An account that fails keeps none of the others from its turn. When the
// context ends no new account is begun; Run returns when those that were begun are
// done, with the context's error.
func Run[T any](ctx context.Context, accounts []Account, parallel int, work func(context.Context, Account) (T, error), each func(Done[T])) error {
	turns := make(chan Account)
	finished := make(chan Done[T])
	var workers sync.WaitGroup
	for range min(max(parallel, 1), len(accounts)) {
		workers.Go(func() {
			for a := range turns {
				result, err := work(ctx, a)
				finished <- Done[T]{Account: a, Result: result, Err: err}
			}
		})
	}
	go func() {
		defer close(finished)
		defer workers.Wait()
		defer close(turns)
		for _, a := range accounts {
			select {
			case turns <- a:
			case <-ctx.Done():
				return
			}
		}
	}()
	for d := range finished {
		each(d)
	}
	return ctx.Err()
}
