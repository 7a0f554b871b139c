package state_test

import (
	"context"
	"errors"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// restart ends the upstream, and rebuilds some of its mailboxes: also such as have
// sessions that have marked messages and come to QUIT later.
func (e *events) restart() {
	s, g := e.site, e.site.stage
	restarted := make(chan struct{})
	var open []*poller
	var ends []func()
	for range 2 {
		i := e.awake()
		p := g.take("expunge")
		defer g.give(p)
		g.until("session open while the upstream restarts", func() bool {
			if !g.prepare(p, i) {
				return false
			}
			ready, over := make(chan struct{}), make(chan bool, 1)
			go func() {
				over <- g.at(p, i, p.deletes(func() {
					close(ready)
					<-restarted
					_ = p.nc.SetDeadline(time.Now().Add(2 * s.waits()))
				}))
			}()
			select {
			case <-ready:
				open, ends = append(open, p), append(ends, func() { <-over })
				return true
			case <-over:
				return false
			}
		})
	}
	s.old.Stop()
	known, err := ledger.Open(s.t.Context(), ledger.Options{Driver: ledger.DriverPostgres, Source: s.dsn, Serve: true})
	if err != nil {
		s.t.Fatal(err)
	}
	rebuild := func(b *box) {
		switch again, err := recognises(s.t.Context(), known, b); {
		case err != nil:
			s.t.Error(err)
		case again:
			s.old.Renumber(s.t, b.user)
			s.rebuilt++
		}
	}
	for _, b := range s.order {
		if !b.moves && e.random.IntN(4) == 0 {
			rebuild(b)
		}
	}
	for _, p := range open {
		rebuild(s.boxes[p.bag])
		for range 10 { // until UIDNEXT is no less than it was
			s.post(p.bag)
		}
	}
	if err := known.Close(); err != nil {
		s.t.Error(err)
	}
	s.old.Restart(s.t)
	close(restarted)
	for n, p := range open {
		ends[n]()
		g.balanced(p, p.check)
	}
}

// recognises reports whether devices know a mailbox, and all of its messages that were
// ever shown will be found again when it is rebuilt. What they are is learned when a
// session is over; those of a session that runs, or was cut, would be served as new ones.
// A QUIT that was cut may have removed what the ledger still remembers: a mailbox that is
// empty then, under another UIDVALIDITY, is held back (identity_hold).
func recognises(ctx context.Context, s *ledger.Store, b *box) (bool, error) {
	page, err := s.OpenPage(ctx, backend.PageKey{
		Account: b.user, Maildrop: b.action, Upstream: "old", Login: b.user, Mailbox: "INBOX", Lock: translate.LockNone,
	})
	if err != nil {
		return false, err
	}
	known := page.Listing()
	unkeyed := page.Unkeyed(ctx, known.UIDValidity, 1)
	state, err := page.Known(ctx, known.UIDValidity)
	return len(known.Entries) > 0 && len(unkeyed) == 0 && state.Intent == nil, errors.Join(err, page.Close())
}
