package server

import (
	"container/list"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/route"
)

// connection is a device's, and the Host of its session.
type connection struct {
	server     *Server
	nc         net.Conn
	id         string
	port       string // the listener's name
	began      time.Time
	generation *generation
	behind     bool // a load balancer's, which has to say first who the device is
	session    served

	// What follows is guarded by the server's mutex.

	client  netip.Addr
	info    backend.SessionInfo // what others may see of the session
	tls     bool
	counted netip.Addr    // whom limits count it for; invalid: nobody
	waits   *list.Element // in Server.waiting, while it may have to make room
	evicted bool          // it has made room, and is counted no more
	wake    func()        // ends what its session waits for, where it has to make room
	since   int64         // what operators asked up to here was asked before its session began
	arrives bool          // since is not known yet
	due     due           // what came meanwhile
}

// due is what ends a session that began before a place in the order of what operators ask.
type due struct {
	at  int64 // 0: nothing does
	why string
}

// serve serves the connection to its end, or until its session rests: then the server's watch
// waits for the device, or else a goroutine with a stack of its own, which stays small.
func (c *connection) serve() {
	rests := false
	defer func() {
		if !rests {
			c.server.leave(c)
		}
	}()
	if c.session == nil && !c.begin() {
		return
	}
	if rests = c.session.Run(); rests && !c.server.watch.Sleep(c.nc, c) {
		go func() {
			door.Await(c.nc)
			c.Wake()
		}()
	}
}

// Wake is socket.Sleeper's.
func (c *connection) Wake() { c.server.workers.run(c.server.ctx, c.serve) }

// begin makes the session, unless the connection has ended before there is one.
func (c *connection) begin() bool {
	s := c.server
	meter, log := s.backend.Meter.Session(c.port), c.log(c.client)
	if m, ok := meter.(backend.Correlated); ok {
		m.Called(c.id)
	}
	if c.behind {
		if result := c.identify(log); result != "" {
			_ = c.nc.Close()
			log.Debug("connection ended", "result", result, "duration", time.Since(c.began).Round(time.Millisecond).String())
			meter.End(result)
			return false
		}
		log = c.log(c.client)
	}
	c.session = protocolOf(c.listener()).begin(door.Env{
		ID: c.id, Config: c.generation.Config, Listener: c.listener(), TLS: c.generation.tls[c.port], Client: c.client, Began: c.began,
		Backend: s.backend, Logins: s.logins, Recent: s.recent, Host: c, Throttle: s.throttle, Meter: meter, Context: s.ctx, Closing: s.draining, Log: log,
	}, c.nc)
	return true
}

// listener is the one that the device has come by, as it was then.
func (c *connection) listener() configs.Listener { return c.generation.Listener[c.port] }

func (c *connection) log(client netip.Addr) hclog.Logger {
	return c.server.log.With("session", c.id, "client", client.String())
}

// Named is door.Host's.
func (c *connection) Named(t route.Target) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.named(t)
}

// Arrives is door.Orderly's.
func (c *connection) Arrives(t route.Target) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.named(t)
	c.arrives, c.due = true, due{}
}

// Arrived is door.Orderly's. What was asked behind the session's own place, while that was
// not known, is done now.
func (c *connection) Arrived(at int64) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.arrives, c.since = false, at
	if c.info.Account != "" && c.due.at > at {
		c.end(c.due.why)
	}
}

// end ends the session; the caller holds the server's mutex.
func (c *connection) end(why string) {
	_ = c.nc.Close()
	c.server.log.Warn("the session is ended", "session", c.id, "client", c.client.String(), "account", c.info.Account, "device", c.info.Device, "cause", why)
}

func (c *connection) named(t route.Target) {
	c.info = backend.SessionInfo{}
	if t.Account == "" {
		c.arrives, c.since = false, 0
	}
	if t.Account != "" {
		c.info = backend.SessionInfo{
			Account: t.Account, Device: t.Device, Client: c.client.String(), Listener: c.port, Upstream: t.Upstream.Name,
			State: backend.StateAuthorization, TLS: c.tls, Since: time.Now(),
		}
	}
}

// Secured is door.Host's.
func (c *connection) Secured() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.tls = true
}

// Entered is door.Host's.
func (c *connection) Entered(state string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.info.State = state
}
