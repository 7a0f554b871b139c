// Package web opens an address for HTTP, and leaves it again, as configurations say: new
// ones are opened before anything changes, and requests of the old one may finish. What
// goes to the addresses of others goes by its Post.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
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

// Server answers over HTTP, at the address of its configuration.
type Server struct {
	log     hclog.Logger
	what    string // is served, such as metrics
	handler http.Handler

	mu      sync.Mutex
	running *site // nil: no address is configured
	parting sync.WaitGroup
}

// site is one open address.
type site struct {
	configured string
	listener   net.Listener
	tls        atomic.Pointer[tls.Config] // nil: plain HTTP
	http       *http.Server
	served     chan struct{} // closed when nothing more is accepted
}

// New makes a Server that listens nowhere; what says for the log what is served.
func New(log hclog.Logger, what string, handler http.Handler) *Server {
	return &Server{log: log, what: what, handler: sound(log, what, handler)}
}

// sound answers 500 where a handler panics, and says so where an operator looks: what one
// request has broken must neither pass for a broken connection nor end the service.
func sound(log hclog.Logger, what string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			log.Error("a request to "+what+" has hit a bug in popbridge", "method", r.Method, "path", r.URL.Path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			http.Error(w, "a bug in popbridge; its log says more", http.StatusInternalServerError)
		}()
		handler.ServeHTTP(w, r)
	})
}

// Change is a configuration that can be put in force without failing. Exactly
// one of its methods has to be called.
type Change struct {
	server  *Server
	opened  *site // nil: the address is the one that is open, or none
	address string
	tls     *tls.Config
}

// Prepare opens an address, if it is not open; with TLS where there is a configuration for
// it. What is running goes on as it is until the Change is committed.
func (s *Server) Prepare(address string, config *tls.Config) (*Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change := &Change{server: s, address: address, tls: config}
	if address == "" || s.running != nil && s.running.configured == address {
		return change, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.what, err)
	}
	at := &site{configured: address, served: make(chan struct{})}
	at.listener = &listener{l, &at.tls}
	at.http = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: s.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	change.opened = at
	return change, nil
}

// Abort closes what was opened.
func (c *Change) Abort() {
	if c.opened != nil {
		_ = c.opened.listener.Close()
	}
}

// Commit serves the new address and leaves the old one. It reports whether another is
// served than before.
func (c *Change) Commit() (moved bool) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.running
	switch {
	case c.opened != nil:
		s.running = c.opened
		s.running.tls.Store(c.tls)
		go s.serve(s.running)
	case c.address == "":
		s.running = nil
	default:
		s.running.tls.Store(c.tls)
		return false
	}
	if old != nil {
		s.log.Info("no longer serving "+s.what, "address", old.listener.Addr().String())
		s.parting.Go(old.leave)
	}
	return c.opened != nil
}

func (s *Server) serve(at *site) {
	defer close(at.served)
	if err := at.http.Serve(at.listener); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("serving "+s.what+" has ended", "error", err)
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

// listener begins TLS on connections where there is a configuration for it now.
type listener struct {
	net.Listener
	tls *atomic.Pointer[tls.Config]
}

// Accept is net.Listener's.
func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if config := l.tls.Load(); err == nil && config != nil {
		return tls.Server(nc, config), nil
	}
	return nc, err
}
