package proxy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// passwordAllowed reports whether this connection may send a password now: TLS
// is active, or the operator allows plain text from the device's network.
func (s *session) passwordAllowed() bool {
	return s.tls || s.listener.PlaintextAuth && configs.Contains(s.listener.PlaintextNetworks, s.client)
}

func (s *session) requirePrivacy() error {
	if s.passwordAllowed() {
		return nil
	}
	if !s.warned {
		s.warned = true
		s.log.Warn("a password in plain text was not taken: use TLS, or see plaintext_auth and plaintext_networks", "listener", s.listener.Name)
	}
	if s.stlsOffered() {
		return &translate.Refusal{Text: "a password is not taken in plain text here, use STLS first"}
	}
	return &translate.Refusal{Text: "a password is not taken in plain text here, use TLS"}
}

// userName answers alike for every name, so that accounts cannot be guessed.
func (s *session) userName(cmd pop3.Command) error {
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
func (s *session) pass(cmd pop3.Command) error {
	if err := s.requirePrivacy(); err != nil {
		return err
	}
	if s.user == "" {
		return usage("send USER first")
	}
	name := s.user
	s.user = ""
	return s.logIn(name, byPassword(cmd.Args))
}

// logIn enters TRANSACTION. What was opened is closed again if anything fails.
func (s *session) logIn(name string, c credential) error {
	ctx, cancel := s.untilLogin()
	defer cancel()
	s.server.isTried(s)
	start := time.Now()
	o, err := s.openMaildrop(ctx, name, c)
	if err != nil {
		o.close(s)
		s.server.name(s, route.Target{})
		s.refused(name, o, time.Since(start), err)
		s.holdBack(o.penalty)
		return withoutCause(err)
	}
	s.open, s.state = o, transaction
	s.conn.WriteBy = time.Time{}
	s.server.enter(s, PresentTransaction)
	messages, octets := o.drop.Stat()
	s.log = s.log.With("account", shown(o.Account), "device", shown(o.Device))
	s.meter.Login(o.Upstream.Name, true, "", time.Since(start))
	s.log.Info("login", "listener", s.listener.Name, "tls", s.tls, "upstream", o.Upstream.Name, "maildrop", o.Maildrop.Name,
		"messages", messages, "octets", octets, "took", time.Since(start).Round(time.Millisecond))
	s.conn.OK("%d messages (%d octets)", messages, octets)
	return nil
}

// untilLogin bounds what a login may wait for.
func (s *session) untilLogin() (context.Context, context.CancelFunc) {
	return context.WithDeadline(s.ctx, s.loginDeadline())
}

// checkPolicy refuses a login where the server could not keep what the maildrop
// promises: better no session than one whose QUIT must fail.
func (s *session) checkPolicy(o open) error {
	for _, lack := range o.Maildrop.Policy().Lacks(o.mailbox.Server()) {
		if lack.Fatal {
			return translate.Permanent(fmt.Errorf("maildrop %q on upstream %q: %s", o.Maildrop.Name, o.Upstream.Name, lack.Text))
		}
		s.log.Debug("the upstream lacks something", "upstream", o.Upstream.Name, "maildrop", o.Maildrop.Name, "lack", lack.Text)
	}
	return nil
}

func (s *session) rules() translate.LoginRules {
	l := s.config.Login
	return translate.LoginRules{DefaultDomain: l.DefaultDomain, Lowercase: l.Lowercase, DeviceSeparator: l.DeviceSeparator}
}

// refused is the log line of a login that failed, and counts it. What fail2ban
// looks at (configs/fail2ban) stands in front of the name, which is the device's.
func (s *session) refused(name string, o open, took time.Duration, err error) {
	refusal := translate.Refuse(err)
	s.meter.Login(o.Upstream.Name, false, refusal.Code, took)
	args := []any{"code", refusal.Code}
	if limit := limitOf(err); limit != "" {
		args = append(args, "limit", limit)
	}
	args = append(args, "user", shown(name), "listener", s.listener.Name, "upstream", o.Upstream.Name, "cause", translate.Cause(refusal))
	switch {
	case refusal.Reported:
		s.log.Debug("login refused", args...)
	case refusal.Code == translate.CodeSysPerm:
		s.log.Error("login refused", args...)
	default:
		s.log.Warn("login refused", args...)
	}
}

// withoutCause gives the Refusal alone: its cause is in the log already.
func withoutCause(err error) error {
	r := translate.Refuse(err)
	return &translate.Refusal{Code: r.Code, Text: r.Text}
}

// displaced makes what ends a session whose lock a new login has taken over. It
// runs in another goroutine. What the session has marked stays: its page
// refuses to commit anything.
func (s *session) displaced() func() {
	log, conn := s.log, s.conn
	return func() {
		log.Warn("the session was silent for lock_takeover, and a new login takes its place")
		if err := conn.Close(); err != nil {
			log.Debug("closing the connection", "error", err)
		}
	}
}

// close gives back what a login that failed has opened.
func (o open) close(s *session) {
	s.closePage(o)
	s.closeMailbox(o)
}

func (s *session) closePage(o open) {
	if o.page == nil {
		return
	}
	if err := o.page.Close(); err != nil {
		s.log.Warn("closing the page of the ledger", "error", err)
	}
}

func (s *session) closeMailbox(o open) {
	if o.mailbox == nil {
		return
	}
	if err := o.mailbox.Close(); err != nil {
		s.log.Debug("closing the mailbox", "error", err)
	}
}
