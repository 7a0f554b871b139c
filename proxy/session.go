package proxy

import (
	"container/list"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// session is one POP3 connection, served by one goroutine.
type session struct {
	id       string
	server   *Server
	config   *generation // the one that it was born with
	listener configs.Listener
	client   netip.Addr
	counted  netip.Addr    // what Server.admitted knows the session by; it belongs to the Server
	waits    *list.Element // in Server.waiting, while it may have to make room; the Server's, as are gone and wake
	gone     bool          // it has made room, and is counted no more
	wake     func()        // ends what it waits for, where it has to make room
	behind   net.Conn      // a load balancer's, which has to say first who the device is; nil: none
	began    time.Time
	log      hclog.Logger
	trace    hclog.Logger // nil: off

	ctx   context.Context // ends with the process's patience, not with the device
	conn  *pop3.Conn
	tls   bool
	shown Presence // to others; guarded by the server's mutex

	state  state
	bad    int    // bad commands in a row
	failed int    // logins refused for their credentials
	done   bool   // the connection is to be closed in good order
	result string // how it ended, for the log
	secret bool   // the line being read is a password
	user   string // from USER, in AUTHORIZATION
	stamp  string // in the greeting, for APOP; empty: it is not offered
	passed bool   // the command before was PASS
	rested bool   // the device is silent, and the mailbox knows
	warned bool   // the log knows that the device tried without TLS

	open    open
	unkeyed []imap.UID // to be described when the device has gone
	tally   tally
	meter   SessionMeter
}

// open is what a session has while it is in TRANSACTION.
type open struct {
	route.Target
	mailbox Mailbox
	page    Page
	drop    *translate.Maildrop
	notices map[imap.UID]translate.Notice // of messages for which a placeholder stands
	next    imap.UID                      // the mailbox's UIDNEXT at login
	durable bool                          // the ledger outlives the process
	penalty time.Duration                 // how long the refusal of a login is held back
}

// tally is what the log line at the end counts.
type tally struct {
	retr, top, dele int
	octets          int64
}

func newSession(server *Server, gen *generation, l configs.Listener, client netip.Addr, id string, nc net.Conn) *session {
	s := &session{
		id: id, server: server, config: gen, listener: l, client: client, began: time.Now(),
		log: server.log.With("session", id, "client", client.String()), ctx: server.ctx,
		conn: pop3.NewConn(nc), state: authorization, meter: server.backend.Meter.Session(l.Name),
	}
	s.conn.WriteTimeout, s.conn.WriteBy = gen.Limits.IdleTimeout, s.loginDeadline()
	s.conn.Moved = s.active
	if server.log.IsTrace() {
		s.trace = server.log.Named("pop3")
		s.conn.Trace = s.traceLine
	}
	return s
}

// active tells the ledger that the session lives: lock_takeover counts from here.
func (s *session) active() {
	if s.open.page != nil {
		s.open.page.Active()
	}
}

// run serves the session to its end.
func (s *session) run() {
	defer s.end()
	if s.behind != nil && !s.identify(s.behind) {
		return
	}
	if s.listener.TLS == configs.TLSImplicit {
		if err := s.startTLS(); err != nil {
			s.result = "TLS handshake failed"
			return
		}
	}
	s.greet()
	for !s.done {
		// Fails on a connection that is closed: a QUIT that was read ahead counts
		// no more than one that was not.
		if err := s.deadline(); err != nil {
			s.readFailed(err)
			return
		}
		s.step()
	}
	if err := s.conn.Flush(); err != nil && s.result == "" {
		s.result = "connection lost"
	}
}

// restAfter is how long a device may be silent before its session lets go of
// what it holds upstream.
const restAfter = 5 * time.Second

// loginDeadline is when the device has to be logged in. Nothing extends it, nor does
// a device that does not read its answers.
func (s *session) loginDeadline() time.Time { return s.began.Add(s.config.Limits.LoginTimeout) }

// deadline sets how long the next command may take to come.
func (s *session) deadline() error {
	if s.state == authorization {
		return s.conn.SetReadDeadline(s.loginDeadline())
	}
	patience := s.config.Limits.IdleTimeout
	if s.rested {
		patience -= restAfter
	} else {
		patience = min(patience, restAfter)
	}
	return s.conn.SetReadDeadline(time.Now().Add(patience))
}

// rest lets go, the first time that the device has been silent for a while. It
// reports whether there is reason to go on waiting.
func (s *session) rest(err error) bool {
	if s.rested || s.state != transaction || !errors.Is(err, os.ErrDeadlineExceeded) || s.config.Limits.IdleTimeout <= restAfter {
		return false
	}
	s.rested = true
	s.open.mailbox.Rest()
	return true
}

// step reads one command and answers it.
func (s *session) step() {
	cmd, err := s.conn.ReadCommand()
	if s.rest(err) {
		return
	}
	s.rested = false
	if err != nil && !errors.Is(err, pop3.ErrNUL) && !errors.Is(err, pop3.ErrCR) {
		s.readFailed(err)
		return
	}
	if err == nil && cmd == (pop3.Command{}) && s.passed {
		s.passed = false // devices send an extra CRLF behind PASS
		return
	}
	s.passed = cmd.Verb == "PASS"
	start := time.Now()
	if err != nil {
		err = usage("%v", err)
	} else {
		err = s.dispatch(cmd)
	}
	s.answer(cmd, err)
	s.meter.Command(cmd.Verb, err == nil, time.Since(start))
}
