package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// Bounds of one request. A profile takes as long as it was asked to.
const (
	headerTimeout = 5 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10 // octets
	// partingTimeout is how long an address that is left may go on answering.
	partingTimeout = 5 * time.Second
)

// Server answers operators over HTTP, at the address of its configuration.
type Server struct {
	log     hclog.Logger
	metrics *Metrics
	ready   func(context.Context) error

	mu      sync.Mutex
	running *site // nil: no address is configured
	parting sync.WaitGroup
}

// site is one open address.
type site struct {
	configured string
	listener   net.Listener
	http       *http.Server
	pprof      *atomic.Bool
	served     chan struct{} // closed when nothing more is accepted
}

// NewServer makes a Server that listens nowhere. ready is asked by /readyz: nil,
// or why no device can be served now. It may be called by many goroutines.
func NewServer(log hclog.Logger, m *Metrics, ready func(context.Context) error) *Server {
	return &Server{log: log, metrics: m, ready: ready}
}

// Change is a configuration that can be put in force without failing. Exactly
// one of its methods has to be called.
type Change struct {
	server *Server
	opened *site // nil: the address is the one that is open, or none
	config configs.Metrics
}

// Prepare opens the address of a configuration, if it is not open. What is
// running goes on as it is until the Change is committed.
func (s *Server) Prepare(c configs.Metrics) (*Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change := &Change{server: s, config: c}
	if c.Address == "" || s.running != nil && s.running.configured == c.Address {
		return change, nil
	}
	l, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	errorLog := s.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug})
	var pprof atomic.Bool
	change.opened = &site{
		configured: c.Address, listener: l, pprof: &pprof, served: make(chan struct{}),
		http: &http.Server{
			Handler:           s.handler(&pprof, errorLog),
			ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
			MaxHeaderBytes: maxHeader, ErrorLog: errorLog,
		},
	}
	return change, nil
}

// Abort closes what was opened.
func (c *Change) Abort() {
	if c.opened != nil {
		_ = c.opened.listener.Close()
	}
}

// Commit serves the new address and leaves the old one.
func (c *Change) Commit() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.running
	switch {
	case c.opened != nil:
		s.running = c.opened
		s.running.pprof.Store(c.config.Pprof)
		go s.serve(s.running)
		s.log.Info("serving metrics", "address", s.running.listener.Addr().String(), "pprof", c.config.Pprof)
	case c.config.Address == "":
		s.running = nil
	default:
		if old.pprof.Swap(c.config.Pprof) != c.config.Pprof {
			s.log.Info("serving metrics", "address", old.listener.Addr().String(), "pprof", c.config.Pprof)
		}
		return
	}
	if old != nil {
		s.log.Info("no longer serving metrics", "address", old.listener.Addr().String())
		s.parting.Go(old.leave)
	}
}

func (s *Server) serve(at *site) {
	defer close(at.served)
	if err := at.http.Serve(at.listener); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("metrics are no longer served", "error", err)
	}
}

// leave lets requests finish, for a time.
func (a *site) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), partingTimeout)
	defer cancel()
	if a.http.Shutdown(ctx) != nil {
		_ = a.http.Close()
	}
	<-a.served
}

// Addr is where the Server listens, nil where it does not.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	return s.running.listener.Addr()
}

// Close ends all of it at once.
func (s *Server) Close() {
	s.mu.Lock()
	if s.running != nil {
		_ = s.running.http.Close()
		<-s.running.served
	}
	s.running = nil
	s.mu.Unlock()
	s.parting.Wait()
}
