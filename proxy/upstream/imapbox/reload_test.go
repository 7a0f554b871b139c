package imapbox_test

import (
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
)

// TestReloadKeepsMaxConnections: sessions that began before a reload go by the
// max_connections that they began with, and those after it by the new one. Taking
// turns they may not make each other's places free: the upstream never sees more
// connections than both limits together.
func TestReloadKeepsMaxConnections(t *testing.T) {
	s := newSite(t)
	s.mail.Parked = 0
	var open []*imapbox.Mailbox
	for _, places := range []int{2, 3} {
		s.mail.MaxConnections = places
		for range places {
			open = append(open, s.open())
		}
	}
	for _, places := range []int{2, 3, 2} {
		s.mail.MaxConnections = places
		req := s.request("late", liars.Password)
		opened := make(chan *imapbox.Mailbox, 1)
		go func() {
			m, err := s.pool.Open(s.ctx, req)
			if err != nil {
				t.Errorf("with max_connections %d: %v", places, err)
			}
			opened <- m
		}()
		until(t, "the login waits, or is let in", func() bool { return s.pool.Waiting(s.mail.Name) == 1 || len(opened) == 1 })
		if len(opened) == 1 {
			t.Errorf("max_connections %d: a login more is let in", places)
		}
		// The oldest session of this limit makes place for it.
		i := 0
		if places == 3 {
			i = 2
		}
		s.close(open[i])
		open[i] = <-opened
	}
	for _, m := range open {
		s.close(m)
	}
	if most := s.counts.most(upstream.Connections); most > 5 {
		t.Errorf("%d connections at once with max_connections 2, then 3", most)
	}
}
