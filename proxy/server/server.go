package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/socket"
)

// Server accepts devices on the listeners of its configuration and serves one
// session for each connection.
type Server struct {
	log      hclog.Logger
	backend  backend.Backend
	logins   *login.Logins
	throttle *limiter.Throttle
	recent   *door.Recent
	ctx      context.Context // of all sessions
	cancel   context.CancelFunc
	// draining ends when the server begins to close: nothing is waited for any
	// more but sessions that are logged in.
	draining context.Context
	drain    context.CancelFunc
	wg       sync.WaitGroup
	workers  *workers
	watch    socket.Watch // over sessions that rest

	mu          sync.Mutex
	current     *generation
	listeners   map[string]*listener // by name and address
	connections map[*connection]struct{}
	admitted    admission
	waiting     *list.List // of the connections that have not logged in, the oldest first
	evicted     int        // of them that had to make room since the log said so
	complained  time.Time  // when the log said so
	lastID      uint64
	closing     bool
}

// generation is one loaded configuration with what was made of it.
type generation struct {
	*configs.Config
	tls          map[string]*tls.Config   // by listener; none where it has no certificate
	certificates map[string]*certificates // of the same
}

// New makes a Server without listeners; Configure opens them.
func New(log hclog.Logger, b backend.Backend) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	if b.Meter == nil {
		b.Meter = backend.NoMeter{}
	}
	counts := limiter.New(b.ShareFailures != nil)
	s := &Server{
		log: log, backend: b, logins: login.New(b, counts), throttle: limiter.NewThrottle(), recent: door.NewRecent(), ctx: ctx, cancel: cancel,
		listeners: make(map[string]*listener), connections: make(map[*connection]struct{}), admitted: newAdmission(), waiting: list.New(), workers: newWorkers(),
	}
	s.draining, s.drain = context.WithCancel(ctx)
	if b.ShareFailures != nil {
		s.wg.Go(func() {
			counts.Share(s.draining, b.ShareFailures, s.failureWindow, func(err error) {
				log.Debug("failed logins are not shared with other proxies now", "error", err)
			})
		})
	}
	return s
}

// failureWindow is limits.failure_window, 0 while there is no configuration.
func (s *Server) failureWindow() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.Limits.FailureWindow
}

// ForgetProofs has every password be shown again to the upstream that knows it, after
// an account was logged out.
func (s *Server) ForgetProofs() { s.logins.Forget() }

// Configure makes a configuration the current one: new listeners are opened
// first, then the configuration is swapped, then listeners that it does not
// name are closed. On an error nothing has changed. Sessions keep the
// configuration that they began with.
func (s *Server) Configure(cfg *configs.Config) error {
	next := &generation{Config: cfg, tls: make(map[string]*tls.Config), certificates: make(map[string]*certificates)}
	for name, l := range cfg.Listener {
		config, id, err := serverTLS(l)
		if err != nil {
			return fmt.Errorf("listener %q: %w", name, err)
		}
		if config != nil {
			next.tls[name], next.certificates[name] = config, id
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return errors.New("the server is closing")
	}
	opened, err := s.open(cfg)
	if err != nil {
		return err
	}
	if s.current == nil {
		s.wg.Go(s.keepCertificates)
	}
	s.current = next
	for key, l := range s.listeners {
		if c, ok := cfg.Listener[l.name]; !ok || listenerKey(c) != key {
			l.close(s.log)
			delete(s.listeners, key)
		}
	}
	for key, l := range opened {
		s.listeners[key] = l
		s.wg.Go(func() { s.accept(l) })
		s.log.Info("listening", "listener", l.name, "address", l.Addr().String(), "tls_mode", cfg.Listener[l.name].TLS.String())
	}
	return nil
}

// open opens the listeners that are not open yet: all of them or none.
func (s *Server) open(cfg *configs.Config) (map[string]*listener, error) {
	opened := make(map[string]*listener)
	for name, l := range cfg.Listener {
		key := listenerKey(l)
		if _, ok := s.listeners[key]; ok {
			continue
		}
		nl, err := OpenPort(l.Address)
		if err != nil {
			for _, l := range opened {
				l.close(s.log)
			}
			return nil, fmt.Errorf("listener %q: %w", name, err)
		}
		opened[key] = &listener{Listener: nl, name: name}
	}
	return opened, nil
}

func listenerKey(l configs.Listener) string { return l.Name + " " + l.Address }

// listener is one open port. Everything but its name and address is read from
// the current configuration when a device connects.
type listener struct {
	net.Listener
	name string
}

func (l *listener) close(log hclog.Logger) {
	if err := l.Close(); err != nil {
		log.Warn("closing a listener", "listener", l.name, "error", err)
		return
	}
	log.Info("no longer listening", "listener", l.name, "address", l.Addr().String())
}

// Addresses gives where each listener is, by name; a configured port 0 has
// become a real one.
func (s *Server) Addresses() map[string]net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := make(map[string]net.Addr, len(s.listeners))
	for _, l := range s.listeners {
		addrs[l.name] = l.Addr()
	}
	return addrs
}

// Shutdown stops accepting, ends sessions that have not logged in, and lets the
// others finish until ctx ends; then it closes them. What they marked is not
// deleted then. It returns ctx's error if it had to.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.watch.Close() // behind the last session
	s.mu.Lock()
	s.closing = true
	s.drain()
	for key, l := range s.listeners {
		l.close(s.log)
		delete(s.listeners, key)
	}
	for c := range s.connections {
		if !c.info.LoggedIn() {
			_ = c.nc.Close()
		}
	}
	left := len(s.connections)
	s.mu.Unlock()
	if left > 0 {
		s.log.Info("waiting for sessions to finish", "sessions", left)
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		s.cancel()
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.connections {
		_ = c.nc.Close()
	}
	s.mu.Unlock()
	<-done
	return ctx.Err()
}
