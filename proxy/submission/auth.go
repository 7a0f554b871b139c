package submission

import (
	"strings"
	"time"

	gosasl "github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// readAuth is RFC 4954's AUTH, with an initial response or without.
func (s *Session) readAuth(cmd translate.SMTPCommand) string {
	fields := strings.Fields(cmd.Args)
	switch {
	case s.relay != nil:
		return s.answer("503 5.5.1 already logged in")
	case len(fields) == 0 || len(fields) > 2:
		return s.answer("501 5.5.4 AUTH takes a mechanism and an initial response")
	}
	m, known := sasl.Find(fields[0], s.terms())
	switch {
	case (m.Secret || !known) && !s.private():
		return s.refusePlaintext()
	case !known:
		return s.answer("504 5.5.4 the mechanism is not known here")
	case len(fields) == 2 && !decodable(fields[1]):
		return s.answer("501 5.5.2 that is not base64")
	}
	return s.greeted("AUTH " + strings.Join(fields, " ") + "\r\n")
}

// refusePlaintext is RFC 4954 §6's answer to a password without TLS.
func (s *Session) refusePlaintext() string {
	if !s.warned {
		s.warned = true
		s.Log.Warn("a password in plain text was refused: use TLS, or see plaintext_auth and plaintext_networks", "listener", s.Listener.Name)
	}
	if s.tlsOffered() {
		return s.answer("538 5.7.11 a password is not taken in plain text here, use STARTTLS first")
	}
	return s.answer("538 5.7.11 a password is not taken in plain text here, use TLS")
}

// readAnswer is the device's answer to a challenge.
func (s *Session) readAnswer(line string) string {
	line = strings.TrimRight(line, " \t")
	switch {
	case line == "*":
		s.wire.instead = []byte("501 5.7.0 the login was cancelled\r\n")
	case !decodable(line):
		s.wire.instead = []byte("501 5.5.2 that is not base64\r\n")
	default:
		return line + "\r\n"
	}
	if x := s.exchange; x != nil {
		x.broken()
	}
	return "*\r\n"
}

// AuthMechanisms is go-smtp's; what is announced is in capabilities.
func (s *Session) AuthMechanisms() []string { return nil }

// Auth is go-smtp's: it begins an exchange.
func (s *Session) Auth(mechanism string) (gosasl.Server, error) {
	m, known := sasl.Find(mechanism, s.terms())
	if !known {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	s.exchange = &exchange{session: s, sasl: m.Begin(s.terms())}
	return s.exchange, nil
}

// exchange is one AUTH.
type exchange struct {
	session *Session
	sasl    sasl.Exchange
	refused error // what is said behind the answer to a Credential's Rejection
}

// broken counts an exchange that the device has begun and not ended.
func (x *exchange) broken() {
	x.session.exchange = nil
	if c := x.sasl.Credential(); c.Name != "" && c.Proof == nil && x.refused == nil {
		x.session.BrokenOff(c.Name)
	}
}

// Next is go-sasl's.
func (x *exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused != nil {
		x.session.exchange = nil
		return nil, false, x.refused
	}
	challenge, done, err = x.sasl.Next(response)
	if err != nil {
		x.session.exchange = nil
		if wrong, ok := err.(*sasl.SyntaxError); ok {
			return nil, false, &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: wrong.Text}
		}
		return nil, false, said(translate.SMTPRefusal(translate.Refuse(err), limiter.LimitOf(err) != ""))
	}
	if !done {
		return challenge, false, nil
	}
	c := x.sasl.Credential()
	if reply := x.session.logIn(c); reply != nil {
		if c.Rejection != "" && reply.Code == 535 {
			x.refused = said(reply)
			return []byte(c.Rejection), false, nil
		}
		x.session.exchange = nil
		return nil, false, said(reply)
	}
	x.session.exchange = nil
	x.session.wire.instead = []byte("235 2.7.0 logged in\r\n")
	return nil, true, nil
}

// said is a reply as go-smtp takes it.
func said(r *translate.SMTPReply) *smtp.SMTPError {
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode(r.Enhanced), Message: r.Text}
}

// logIn opens the connection to the submission server. nil: the device is logged in.
func (s *Session) logIn(c sasl.Credential) *translate.SMTPReply {
	ctx, cancel := s.UntilLogin()
	defer cancel()
	s.Host.Tried()
	start := time.Now()
	entry, err := s.Logins.LogIn(ctx, s.Door(), c)
	if err == nil {
		if err = s.RefuseUnknown(ctx, entry.Target); err == nil {
			err = s.Admit(entry.Target, s.secured)
		}
		if err != nil {
			_ = entry.Opened.Close()
		}
	}
	took := time.Since(start)
	if err != nil {
		limited := limiter.LimitOf(err) != ""
		return translate.SMTPRefusal(s.Refuse(c.Name, took, err), limited)
	}
	open := entry.Opened.(opened)
	s.relay, s.request, s.target = open.Relay, open.request, entry.Target
	u := s.target.Upstream
	s.sender = translate.NewSender(u.Submission.Sender, s.Config.Login.Rules(), s.target.Login, s.target.UpstreamLogin, u.Submission.Aliases)
	s.Host.Entered(backend.StateTransaction)
	s.Log = s.Log.With("account", limiter.LogName(s.target.Account), "device", limiter.LogName(s.target.Device))
	s.Meter.Login(u.Name, true, "", took)
	s.Log.Info("login", "listener", s.Listener.Name, "tls", s.secured, "upstream", u.Name, "took", took.Round(time.Millisecond).String())
	return nil
}
