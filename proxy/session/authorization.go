package session

import (
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/maildrop"
	"popbridge/proxy/pop3"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

func (s *Session) requirePrivacy() error {
	if s.conn.private(&s.Env) {
		return nil
	}
	if !s.warned {
		s.warned = true
		s.Log.Warn("a password in plain text was refused: use TLS, or see plaintext_auth and plaintext_networks", "listener", s.Listener.Name)
	}
	if s.stlsOffered() {
		return &translate.Refusal{Text: "a password is not taken in plain text here, use STLS first"}
	}
	return &translate.Refusal{Text: "a password is not taken in plain text here, use TLS"}
}

// greet sends the greeting. A timestamp in it says that APOP may be used.
func (s *Session) greet() {
	if usable, _ := sasl.OfferDigest(s.conn.terms(&s.Env)); !usable {
		s.conn.OK("popbridge ready")
		return
	}
	s.timestamp = sasl.Timestamp()
	s.conn.OK("popbridge ready %s", s.timestamp)
}

// userName answers alike for every name, so that accounts cannot be guessed.
func (s *Session) userName(cmd pop3.Command) error {
	if err := s.requirePrivacy(); err != nil {
		return err
	}
	name := strings.Trim(cmd.Args, " \t")
	if name == "" {
		return usage("USER needs a name")
	}
	s.user = name
	s.conn.OK("send PASS")
	return nil
}

// pass takes everything behind the first blank as the password.
func (s *Session) pass(cmd pop3.Command) error {
	if err := s.requirePrivacy(); err != nil {
		return err
	}
	if s.user == "" {
		return usage("send USER first")
	}
	name := s.user
	s.user = ""
	return s.logIn(sasl.WithPassword(name, cmd.Args))
}

// apop is RFC 1939 §7's APOP.
func (s *Session) apop(cmd pop3.Command) error {
	if s.timestamp == "" {
		return notOffered("APOP is not offered here")
	}
	c, err := sasl.APOP(s.timestamp, cmd.Args)
	if err != nil {
		return usage("%v", err)
	}
	s.user = ""
	return s.logIn(c)
}

// logIn enters TRANSACTION. What was opened is closed again if anything fails.
func (s *Session) logIn(c sasl.Credential) error {
	ctx, cancel := s.UntilLogin()
	defer cancel()
	s.Host.Tried()
	start := time.Now()
	displaced := s.conn.displaced(s.Log)
	entry, err := s.Logins.LogIn(ctx, s.Door().WithLock(maildrop.Lock(s.Backend.OpenPage, s.ID, s.Client, displaced)), c)
	if err == nil {
		if s.drop, err = maildrop.Open(ctx, maildrop.Request{
			Backend: s.Backend, Target: entry.Target, Mailbox: entry.Opened.(backend.Mailbox), Locked: entry.Page,
			KnownDevices: s.Config.Login.Devices == configs.DevicesKnown, Session: s.ID, Client: s.Client, Displaced: displaced, Log: s.Log,
		}); err != nil {
			err = &login.Failure{Target: entry.Target, Err: err}
		} else if err = s.Admit(s.drop.Target, s.conn.tls); err != nil {
			s.drop.Close()
			s.drop = nil
		}
	}
	took := time.Since(start)
	if err != nil {
		return s.Refuse(c.Name, took, err)
	}
	s.state = transaction
	s.Host.Entered(backend.StateTransaction)
	s.LoggedIn(s.drop.Target.Account, c)
	messages, octets := s.drop.Stat()
	target := s.drop.Target
	s.Log = s.Log.With("account", limiter.LogName(target.Account), "device", limiter.LogName(target.Device))
	s.Meter.Login(target.Upstream.Name, true, "", took)
	args := []any{"listener", s.Listener.Name, "tls", s.conn.tls, "upstream", target.Upstream.Name, "maildrop", target.Maildrop.Name,
		"messages", messages, "octets", octets, "took", took.Round(time.Millisecond).String()}
	s.Log.Info("login", append(args, leftOut(s.drop.LeftOut())...)...)
	s.conn.OK("%d messages (%d octets)", messages, octets)
	return nil
}

// leftOut says for the log how many messages the device is not shown, and why.
func leftOut(o translate.LeftOut) (args []any) {
	for why, n := range o.Counts {
		args = append(args, why, n)
	}
	return args
}
