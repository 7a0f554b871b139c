package ledger

import (
	"context"

	"popbridge/translate"
)

// Joins reports whether a page can be opened for a login that has not arrived; see
// backend.Arrival.
func (s *Store) Joins() bool {
	l, ok := s.locks.(*leases)
	return ok && l.entrance != nil && l.entrance.There()
}

// Arrive begins a login: what was published before is done when it returns (see
// events.Store.Sync), and the account's placement is as it was then. It costs one
// statement. at tells events that are older from those that are newer.
func (s *Store) Arrive(ctx context.Context, account string) (at int64, placed translate.Placement, err error) {
	at, err = s.Events.Arrive(ctx, func() (generation int64, err error) {
		generation, placed, err = s.Progress.Arrival(ctx, account)
		return generation, err
	})
	return at, placed, err
}
