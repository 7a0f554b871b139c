package demo

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/hashicorp/go-hclog"
)

// Options describes the first account of a Server.
type Options struct {
	User, Password string
	Messages       int          // in INBOX: 0 means the written ones, N exactly N of them and of generated variations
	Now            time.Time    // the newest message is of this day; zero means the present
	Log            hclog.Logger // for what goes wrong on a connection; nil means nowhere
}

// Server is an IMAP server in memory (RFC 3501 with the extensions listed in
// capabilities). It takes passwords without TLS, so it belongs on loopback.
type Server struct {
	log  hclog.Logger
	imap *imapserver.Server
	now  time.Time

	sessions sync.WaitGroup // one for each accepted connection, until its session is closed

	mu       sync.Mutex
	accounts map[string]*account
	conns    map[*conn]struct{}
	closed   bool
}

// NewServer returns a server with the one account that o describes. Two servers
// with equal options hold the same octets under the same UIDs.
func NewServer(o Options) *Server {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	s := &Server{
		log:      o.Log,
		now:      o.Now,
		accounts: make(map[string]*account),
		conns:    make(map[*conn]struct{}),
	}
	s.imap = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{server: s}, nil, nil
		},
		Caps:         capabilities(),
		Logger:       printer{o.Log},
		InsecureAuth: true,
	})
	s.AddUser(o.User, o.Password)
	s.accounts[o.User].fill(corpus(o.Now, o.Messages))
	return s
}

// capabilities are those that need the help of a session. imapserver adds
// SASL-IR, AUTH=PLAIN, IDLE, UNSELECT, ENABLE and LITERAL- by itself, the
// connection ID.
func capabilities() imap.CapSet {
	return imap.CapSet{
		imap.CapIMAP4rev1:        {},
		imap.CapNamespace:        {},
		imap.CapUIDPlus:          {},
		imap.CapMove:             {},
		imap.CapESearch:          {},
		imap.CapListExtended:     {},
		imap.CapListStatus:       {},
		imap.CapStatusSize:       {},
		imap.CapChildren:         {},
		imap.CapSpecialUse:       {},
		imap.CapCreateSpecialUse: {},
		imap.CapLiteralPlus:      {},
	}
}

// AddUser makes a further account with the usual mailboxes, all empty. A name
// that is there already gets the new password and keeps its mail.
func (s *Server) AddUser(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[user]; a != nil {
		a.password = password
		return
	}
	s.accounts[user] = newAccount(password, s.now)
}

// login returns the account that the credentials open, or nil.
func (s *Server) login(user, password string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[user]
	if a == nil || a.password != password {
		return nil
	}
	return a
}

// Serve accepts connections from l until Close and then returns nil. It may be
// called for several listeners; it closes none but on Close.
func (s *Server) Serve(l net.Listener) error {
	err := s.imap.Serve(&listener{Listener: l, server: s})
	if s.isClosed() {
		return ignoreClosed(l.Close())
	}
	if err != nil {
		return fmt.Errorf("demo imap server: %w", err)
	}
	return nil
}

// Close closes listeners and connections and returns when every session has
// ended. Calling it again does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	err := ignoreClosed(s.imap.Close())
	// imapserver knows a connection only once its goroutine runs; the listener
	// has known it since Accept, so that none is left open.
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Conn.Close()
	}
	s.mu.Unlock()
	s.sessions.Wait()
	return err
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// printer hands imapserver's complaints to the log. Most are a client that hung
// up, so they are of interest only when one looks for something.
type printer struct{ log hclog.Logger }

func (p printer) Printf(format string, args ...interface{}) {
	p.log.Debug("imap server", "detail", fmt.Sprintf(format, args...))
}
