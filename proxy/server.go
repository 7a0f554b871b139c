package proxy

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
)

// Server accepts devices on the listeners of its configuration and serves one
// session for each connection.
type Server struct {
	log     hclog.Logger
	backend Backend
	known   *verified
	proved  *proved
	guard   *guard
	paces   *paces
	seldom  *seldom
	ctx     context.Context // of all sessions
	cancel  context.CancelFunc
	// draining ends when the server begins to close: nothing is waited for any
	// more but sessions that are logged in.
	draining context.Context
	drain    context.CancelFunc
	wg       sync.WaitGroup

	mu         sync.Mutex
	current    *generation
	listeners  map[string]*listener // by name and address
	sessions   map[*session]net.Conn
	admitted   admission
	waiting    *list.List // of the sessions that have not logged in, the oldest first
	yielded    int        // of them that had to make room since the log said so
	complained time.Time  // when the log said so
	lastID     uint64
	closing    bool
}

// generation is one loaded configuration with what was made of it.
type generation struct {
	*configs.Config
	tls        map[string]*tls.Config // by listener; none where it has no certificate
	identities map[string]*identity   // of the same
}

// New makes a Server without listeners; Configure opens them.
func New(log hclog.Logger, backend Backend) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	if backend.Meter == nil {
		backend.Meter = noMeter{}
	}
	s := &Server{
		log: log, backend: backend, known: newVerified(), proved: newProved(), guard: newGuard(), paces: newPaces(), seldom: newSeldom(seldomInterval), ctx: ctx, cancel: cancel,
		listeners: make(map[string]*listener), sessions: make(map[*session]net.Conn), admitted: newAdmission(), waiting: list.New(),
	}
	s.draining, s.drain = context.WithCancel(ctx)
	if backend.ShareFailures != nil {
		s.guard.news = make(map[subject]int)
		s.wg.Go(func() { s.share(s.draining) })
	}
	return s
}

// Configure makes a configuration the current one: new listeners are opened
// first, then the configuration is swapped, then listeners that it does not
// name are closed. On an error nothing has changed. Sessions keep the
// configuration that they began with.
func (s *Server) Configure(cfg *configs.Config) error {
	next := &generation{Config: cfg, tls: make(map[string]*tls.Config), identities: make(map[string]*identity)}
	for name, l := range cfg.Listener {
		config, id, err := serverTLS(l)
		if err != nil {
			return fmt.Errorf("listener %q: %w", name, err)
		}
		if config != nil {
			next.tls[name], next.identities[name] = config, id
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
		s.log.Info("listening", "listener", l.name, "address", l.Addr().String(), "tls", cfg.Listener[l.name].TLS)
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
		nl, err := openPort(l.Address)
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
	s.mu.Lock()
	s.closing = true
	s.drain()
	for key, l := range s.listeners {
		l.close(s.log)
		delete(s.listeners, key)
	}
	for sess, nc := range s.sessions {
		if !sess.shown.loggedIn() {
			_ = nc.Close()
		}
	}
	left := len(s.sessions)
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
	for _, nc := range s.sessions {
		_ = nc.Close()
	}
	s.mu.Unlock()
	<-done
	return ctx.Err()
}
