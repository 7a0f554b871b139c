package server

import (
	"context"
	"net"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/proxy/socket"
	"popbridge/tests/liars"
)

// rested is a session that rests so many times before it ends.
type rested struct{ rests int }

func (r *rested) Run() bool {
	r.rests--
	return r.rests >= 0
}

// TestRestEnds: a session that rests is served again when its device speaks, and when an
// operator, a new login or the server ends it, by whichever kind of connection.
func TestRestEnds(t *testing.T) {
	s := New(hclog.NewNullLogger(), backend.Backend{})
	for name, of := range map[string]func(net.Conn) net.Conn{
		"watched":   socket.Of,
		"by itself": func(nc net.Conn) net.Conn { return nc },
	} {
		for cause, happens := range map[string]func(device, ours net.Conn){
			"spoken": func(device, _ net.Conn) { _, _ = device.Write([]byte("NOOP\r\n")) },
			"closed": func(_, ours net.Conn) { _ = ours.Close() },
		} {
			t.Run(name+" and "+cause, func(t *testing.T) {
				device, accepted := liars.Pair(t)
				session := &rested{rests: 3}
				c := &connection{server: s, nc: of(accepted), session: session}
				s.connections[c] = struct{}{}
				s.wg.Add(1)
				c.serve()
				happens(device, c.nc)
				s.wg.Wait()
				if session.rests != -1 {
					t.Errorf("it ended with %d rests left", session.rests)
				}
			})
		}
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
