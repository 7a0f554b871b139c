package server

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"popbridge/configs"
	"popbridge/proxy/socket"
)

// accept serves one listener until it is closed. Where the process is out of
// descriptors it waits, longer each time, instead of spinning.
func (s *Server) accept(l *listener) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.log.Error("cannot accept a connection", "listener", l.name, "error", err, "pause", pause.String())
			select {
			case <-time.After(pause):
			case <-s.ctx.Done():
				return
			}
			pause = min(2*pause, longest)
		default:
			pause = shortest
			s.admit(l, nc)
		}
	}
}

// Why a connection is refused.
const (
	causeClosing = "closing"
	causeFull    = "limits.connections is reached"
	causeNetwork = "allow and deny keep this network out"
)

// admit begins a session, or refuses it where a limit is reached. Of a
// connection through a load balancer the device is not known yet: the session
// reads who it is, and asks welcome then.
func (s *Server) admit(l *listener, nc net.Conn) {
	peer := clientAddr(nc)
	s.mu.Lock()
	gen := s.current
	cfg, known := gen.Listener[l.name]
	behind := configs.Contains(cfg.ProxyProtocol, peer)
	cause := ""
	switch {
	case s.closing || !known:
		cause = causeClosing
	case behind:
		if cause = s.admitted.enterAll(gen.Limits); cause == causeFull && s.makeRoom() {
			cause = s.admitted.enterAll(gen.Limits)
		}
	default:
		if cause = s.admitted.enter(peer, cfg, gen.Limits); cause == causeFull && s.makeRoom() {
			cause = s.admitted.enter(peer, cfg, gen.Limits)
		}
	}
	if cause != "" {
		s.mu.Unlock()
		s.turnedAway(cfg.Name, peer, cause)
		refuse(nc, cfg, cause)
		return
	}
	s.lastID++
	c := &connection{
		server: s, nc: socket.Of(nc), id: strconv.FormatUint(s.lastID, 36), port: l.name, client: peer, began: time.Now(), generation: gen, behind: behind,
	}
	if !behind {
		c.counted = peer
	}
	s.connections[c] = struct{}{}
	c.waits = s.waiting.PushBack(c)
	s.wg.Add(1)
	s.workers.run(s.ctx, c.serve)
	s.mu.Unlock()
}

// welcome counts a device whose address a load balancer has told, as admit does
// others, and gives the cause where it is to be refused.
func (s *Server) welcome(c *connection, client netip.Addr) (cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.evicted {
		return causeFull
	}
	if cause = s.admitted.enterNet(client, c.listener(), c.generation.Limits); cause == "" {
		c.client, c.counted = client, client
	}
	return cause
}

// turnedAway is the log line of connections that were refused, and counts each.
func (s *Server) turnedAway(listener string, client netip.Addr, cause string) {
	s.throttle.Say(s.log.Warn, client, "connection refused", "client", client, "listener", listener, "cause", cause)
	s.backend.Meter.Refused(listener, cause)
}

func (s *Server) leave(c *connection) {
	defer s.wg.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
	s.stopWaiting(c)
	if !c.evicted {
		s.admitted.leave(c.counted)
	}
}

// refuse tells a device on a plain text port why; a TLS device would take it
// for a broken handshake, and a network that is kept out is told nothing: they
// are only closed.
func refuse(nc net.Conn, cfg configs.Listener, cause string) {
	if cfg.TLS != configs.TLSImplicit && cause != causeNetwork {
		// One short line into an empty socket buffer does not block.
		_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = nc.Write([]byte(protocolOf(cfg).busy))
	}
	_ = nc.Close()
}
