package submission

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/route"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// Session is one SMTP connection, served by one goroutine.
type Session struct {
	door.Env
	wire *wire

	helo     string // as the device calls itself; empty: it has not yet
	extended bool   // by EHLO
	secured  bool   // TLS is active
	warned   bool   // the log knows that the device tried without TLS
	bad      int    // bad commands in a row
	failed   int    // logins refused for their credentials
	exchange *exchange

	relay   backend.Relay   // nil until a login
	request backend.Request // by which it was opened
	target  route.Target
	sender  translate.Sender

	path       translate.SMTPPath // of the MAIL or RCPT that is being answered
	begun      bool               // MAIL was taken
	recipients int
	sent       backend.SentCopy // of the message whose 250 the device may have missed
	tally      struct {
		messages int
		octets   int64
	}
	result string // how it ended, for the log
}

// Serve serves a session to its end, and closes the connection.
func Serve(e door.Env, nc net.Conn) {
	s := &Session{Env: e}
	s.Open = s.openRelay
	s.wire = newWire(s, nc)
	defer s.end()
	if s.Listener.TLS == configs.TLSImplicit && s.startTLS() != nil {
		s.result = "TLS handshake failed"
		return
	}
	// An idle session hears of the end of the service, and does not keep it waiting.
	stop := context.AfterFunc(s.Closing, s.wire.hurry)
	defer stop()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return s, nil }))
	server.Domain, server.MaxLineLength, server.AllowInsecureAuth = hostname(), 0, true
	server.EnableSMTPUTF8, server.EnableDSN = true, true
	server.ErrorLog = s.Log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug})
	// It serves until the one connection has closed; what it says then is no news.
	_ = server.Serve(&single{wire: s.wire})
	_ = server.Shutdown(context.Background())
}

// single is a listener with one connection.
type single struct {
	wire  *wire
	given bool
}

func (l *single) Accept() (net.Conn, error) {
	if l.given {
		<-l.wire.closed
		return nil, net.ErrClosed
	}
	l.given = true
	return l.wire, nil
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return l.wire.LocalAddr() }

// hostname is what the machine calls itself.
func hostname() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "popbridge"
	}
	return name
}

// private reports whether the connection may carry a password now.
func (s *Session) private() bool { return s.secured || s.Plaintext() }

// terms are what holds for a login on the connection now.
func (s *Session) terms() sasl.Terms { return s.Terms(s.private(), s.wire.certified()) }

// startTLS begins TLS. What the device has sent before is forgotten.
func (s *Session) startTLS() error {
	err := s.Handshake(func(ctx context.Context, config *tls.Config) error {
		tc := tls.Server(s.wire.Conn, config)
		if err := tc.HandshakeContext(ctx); err != nil {
			return err
		}
		s.wire.over(tc)
		return nil
	})
	s.secured = err == nil
	return err
}

// Reset is go-smtp's: the message that has begun is dropped. The upstream hears of it
// with the next one, so that a storm of RSET stays here.
func (s *Session) Reset() { s.begun, s.recipients = false, 0 }

// Logout is go-smtp's.
func (s *Session) Logout() error { return nil }

// end is the last thing that a session does, however it came to its end.
func (s *Session) end() {
	defer func() { s.Meter.End(s.result) }()
	_ = s.wire.Close()
	if x := s.exchange; x != nil {
		x.broken()
	}
	if s.sent != nil {
		s.sent.Missed()
	}
	lasted := time.Since(s.Began).Round(time.Millisecond)
	if s.relay == nil {
		s.Log.Debug("connection ended", "result", s.result, "duration", lasted.String())
		return
	}
	s.Host.Entered(backend.StateUpdate)
	if err := s.relay.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.Log.Debug("closing the connection to the submission server", "error", err)
	}
	s.Log.Info("session ended", "result", s.result, "sent", s.tally.messages, "octets", s.tally.octets, "duration", lasted.String())
}

// opened is a relay with what it was opened by.
type opened struct {
	backend.Relay
	request backend.Request
}

func (s *Session) openRelay(ctx context.Context, r backend.Request) (io.Closer, error) {
	relay, err := s.Backend.OpenRelay(ctx, r)
	if err != nil {
		return nil, err
	}
	return opened{relay, r}, nil
}
