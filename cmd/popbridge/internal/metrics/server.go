package metrics

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/web"
	"popbridge/configs"
)

// Server answers operators over HTTP, at the address of its configuration.
type Server struct {
	log     hclog.Logger
	metrics *Metrics
	ready   func(context.Context) error
	pprof   atomic.Bool
	admin   atomic.Pointer[string] // where the page for operators is
	web     *web.Server
}

// NewServer makes a Server that listens nowhere. ready is asked by /readyz: nil,
// or why no device can be served now. It may be called by many goroutines.
func NewServer(log hclog.Logger, m *Metrics, ready func(context.Context) error) *Server {
	s := &Server{log: log, metrics: m, ready: ready}
	s.web = web.New(log, "metrics", s.handler(log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug})))
	return s
}

// Change is a configuration that can be put in force without failing. Exactly
// one of its methods has to be called.
type Change struct {
	*web.Change
	server *Server
	config configs.Metrics
}

// Prepare opens the address of a configuration, if it is not open. What is
// running goes on as it is until the Change is committed.
func (s *Server) Prepare(c configs.Metrics) (*Change, error) {
	change, err := s.web.Prepare(c.Address, nil)
	if err != nil {
		return nil, err
	}
	return &Change{change, s, c}, nil
}

// Commit serves the new address and leaves the old one.
func (c *Change) Commit() {
	moved := c.Change.Commit()
	if changed := c.server.pprof.Swap(c.config.Pprof) != c.config.Pprof; (moved || changed) && c.config.Address != "" {
		c.server.log.Info("serving metrics", "address", c.server.Addr().String(), "pprof", c.config.Pprof)
	}
}

// Admin says where the page for operators is, for a link; empty: nobody knows.
func (s *Server) Admin(url string) { s.admin.Store(&url) }

// Addr is where the Server listens, nil where it does not.
func (s *Server) Addr() net.Addr { return s.web.Addr() }

// Close ends all of it at once.
func (s *Server) Close() { s.web.Close() }
