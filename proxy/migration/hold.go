package migration

import (
	"context"
	"fmt"
	"time"

	"popbridge/proxy/ledger/progress"
)

const (
	// hearing is how long running proxies may take to hear of a hold, and to say how
	// many sessions they have: they look every second.
	hearing = 3 * time.Second
	// sittingPoll is how often sessions are asked for.
	sittingPoll = 250 * time.Millisecond
)

// hold puts off the account's logins, waits until its sessions have finished, and
// runs what the operator wants to be done then, such as a last synchronisation.
func (s *Site) hold(ctx context.Context, a Account, lease *progress.Lease, o Order, m Moved) error {
	if err := lease.Hold(ctx); err != nil {
		return err
	}
	if err := pause(ctx, hearing); err != nil {
		return err
	}
	for {
		sessions, err := s.Ledger.Events.Sitting(ctx, a.Name)
		if err != nil {
			return err
		}
		if sessions == 0 {
			break
		}
		if err := pause(ctx, sittingPoll); err != nil {
			return fmt.Errorf("%d sessions have not finished: %w", sessions, err)
		}
	}
	if o.Before == nil {
		return nil
	}
	if err := o.Before(ctx, a.Name, m.From, m.To); err != nil {
		return fmt.Errorf("--before: %w; nothing was moved", err)
	}
	return lease.Alive()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
