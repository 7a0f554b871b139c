package service

import (
	"context"
	"time"

	"popbridge/cmd/popbridge/internal/alarms"
	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/notices"
	"popbridge/proxy/oauth"
)

// newWatchman makes the one of a service that is being made.
func newWatchman(s *Service) *alarms.Watchman {
	return &alarms.Watchman{
		Log: s.Log, Config: func() *configs.Config { return s.current.Load().config }, Watches: s.store.Watches, Wanted: s.store.Notices.Wanted, Ready: s.ready,
		Health: s.vitals.Health, Looked: s.vitals.Looked, Probe: s.pool.reach,
	}
}

// newMessenger makes the one of a service that is being made.
func newMessenger(s *Service) *alarms.Messenger {
	return &alarms.Messenger{
		Log: s.Log.Named("notify"), Config: func() *configs.Config { return s.current.Load().config }, Notices: s.store.Notices, Ping: s.store.Ping,
		Proxy: s.store.Label(), Version: s.build.Version, Count: s.counts.Notified,
		Expiring: func(cfg *configs.Config) (list []alarms.Expiring) {
			for _, e := range expiring(cfg) {
				list = append(list, alarms.Expiring{What: e.What, Ends: e.Ends})
			}
			return list
		},
	}
}

// trouble remembers what went wrong for a device, and has operators be told of a QUIT that
// was not confirmed.
func (s *Service) trouble(t backend.Trouble) {
	s.troubles.Note(t)
	if t.Kind == backend.TroubleQUIT && t.Code != "" {
		s.messages.Tell(notices.News{Kind: notices.QUITUnconfirmed, Subject: t.Account + "\n" + t.Device, Facts: notices.Facts{
			Account: t.Account, Device: t.Device, Client: t.Client, Upstream: t.Upstream, Cause: t.Cause,
		}})
	}
}

// heard has operators be told of an owner's authorization.
func (s *Service) heard(t oauth.Trouble) {
	n := notices.News{Kind: notices.GrantRefused, Subject: t.Upstream + "\n" + t.Account, Facts: notices.Facts{Account: t.Account, Upstream: t.Upstream, Cause: t.Cause}}
	if !t.Ends.IsZero() {
		n.Kind, n.Facts.Ends, n.Every = notices.GrantEnding, t.Ends.UTC(), 24*time.Hour
	}
	s.messages.Tell(n)
}

// reach connects to an upstream without a login, and says why that does not work.
func (u Upstreams) reach(ctx context.Context, of configs.Upstream) error {
	// The first finding is of the connection, the others of what the server offers there.
	if found := u.Probe(ctx, of, nil); len(found) > 0 {
		return found[0].Err
	}
	return nil
}
