package database

import (
	"context"
	"sync"
)

// maxTogether bounds the transactions that are committed as one: the first of them
// waits for the work of all.
const maxTogether = 64

// queue has SQLite's writers wait in the order in which they came (database/sql
// gives a connection to any of those that wait for it, so one of hundreds may wait
// for as long as others come), and commits what has gathered meanwhile as one
// transaction: a commit costs a sync of the disk, whatever is in it.
type queue struct {
	db *DB

	mu      sync.Mutex
	busy    bool
	waiting []*writer
}

// writer is one that waits. Whoever takes it out of the queue answers it.
type writer struct {
	ctx  context.Context
	f    func(Querier) error
	lead chan struct{} // closed: it is at the head, and writes for those behind it
	done chan error    // of room for the one answer
}

func newQueue(db *DB) *queue { return &queue{db: db} }

// run gives f its turn, in a transaction of its own or shared with others; it fails
// with the context's error where that ends before the turn comes.
func (q *queue) run(ctx context.Context, f func(Querier) error) error {
	w := &writer{ctx: ctx, f: f, lead: make(chan struct{}), done: make(chan error, 1)}
	q.mu.Lock()
	if q.busy {
		q.waiting = append(q.waiting, w)
	} else {
		q.busy = true
		close(w.lead)
	}
	q.mu.Unlock()
	select {
	case <-w.lead:
		return q.write(w)
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	if q.leave(w) {
		return ctx.Err()
	}
	select { // its turn came in this very moment
	case <-w.lead:
		return q.write(w)
	case err := <-w.done:
		return err
	}
}

// leave takes a writer out that does not wait any longer, and reports whether it was
// still there.
func (q *queue) leave(w *writer) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == w {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// write writes for the leader and those that wait behind it, and makes the next
// one the leader.
func (q *queue) write(leader *writer) error {
	defer q.next()
	followers := q.followers()
	if len(followers) == 0 {
		return q.alone(leader)
	}
	all := append([]*writer{leader}, followers...)
	errs, err := q.together(all)
	if err != nil {
		// Nothing was committed, whoever is to blame: each gets an error that is its own.
		for i, w := range all {
			errs[i] = q.alone(w)
		}
	}
	for i, w := range followers {
		w.done <- errs[i+1]
	}
	return errs[0]
}

// followers takes the first of those that wait.
func (q *queue) followers() []*writer {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxTogether-1)
	followers := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return followers
}

// next gives the lead away.
func (q *queue) next() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.busy, q.waiting = false, nil
		return
	}
	w := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(w.lead)
}

// together runs all in one transaction, and gives each its error: the failure of one
// undoes what that one has written. The second error says that nothing was committed,
// and the others mean nothing then.
func (q *queue) together(all []*writer) ([]error, error) {
	ctx, cancel := Bounded(context.Background())
	defer cancel()
	errs := make([]error, len(all))
	return errs, q.db.transact(ctx, func(tx Querier) error {
		for i, w := range all {
			if errs[i] = w.ctx.Err(); errs[i] != nil {
				continue
			}
			if err := tx.Exec(ctx, "SAVEPOINT writer"); err != nil {
				return err
			}
			// There is no savepoint any more where SQLite has undone the whole transaction
			// for this error (https://www.sqlite.org/lang_transaction.html): a full disk, or
			// a statement that its context has interrupted.
			if errs[i] = w.f(tx); errs[i] != nil {
				if err := tx.Exec(ctx, "ROLLBACK TO writer"); err != nil {
					return err
				}
			}
			if err := tx.Exec(ctx, "RELEASE writer"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *queue) alone(w *writer) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return q.db.transact(w.ctx, w.f)
}
