package service

import (
	"context"

	"popbridge/cmd/popbridge/internal/alarms"
	"popbridge/configs"
)

// newWatchman makes the one of a service that is being made.
func newWatchman(s *Service) *alarms.Watchman {
	return &alarms.Watchman{
		Log: s.Log, Config: func() *configs.Config { return s.current.Load().config }, Watches: s.store.Watches, Ready: s.ready,
		Health: s.vitals.Health, Looked: s.vitals.Looked, Probe: s.pool.reach,
	}
}

// reach connects to an upstream without a login, and says why that does not work.
func (u Upstreams) reach(ctx context.Context, of configs.Upstream) error {
	// The first finding is of the connection, the others of what the server offers there.
	if found := u.Probe(ctx, of, nil); len(found) > 0 {
		return found[0].Err
	}
	return nil
}
