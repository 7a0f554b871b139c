package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Finding is one line of what a probe has found out.
type Finding struct {
	Text    string
	Err     error // not nil: it does not work
	Warning bool  // it works, and an operator should know
}

// Probe connects to an upstream as a login would, without a password: address,
// TLS, certificate, greeting, capabilities, and what the maildrops that are
// routed to it need and it does not announce.
func (p *Pool) Probe(ctx context.Context, u configs.Upstream, drops []configs.Maildrop) []Finding {
	if u.Protocol == configs.ProtocolPOP3 {
		return p.probeOld(ctx, u)
	}
	probe, state := p.probe(u)
	conn, err := probe.dial(ctx, u, imap.Options{})
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = conn.Close() }()
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return []Finding{{Err: err}}
	}
	_ = conn.Logout(ctx)
	findings := []Finding{{Text: describeTLS(*state) + ", announces " + describeCaps(caps)}}
	findings = append(findings, lacksLogin(u, caps)...)
	return append(findings, needs(drops, caps)...)
}

// probe makes a Pool for one look at an upstream; once that has shaken hands, the
// state is its TLS's. Without TLS the state stays empty.
func (p *Pool) probe(u configs.Upstream) (*Pool, *tls.ConnectionState) {
	probe, state := NewPool(p.log), new(tls.ConnectionState)
	if config, err := probe.tlsConfig(u); err == nil && config != nil {
		config.VerifyConnection = func(cs tls.ConnectionState) error { *state = cs; return nil }
	}
	return probe, state
}

// lacksLogin says what upstream.auth needs and the server does not announce, so
// that no login can succeed.
func lacksLogin(u configs.Upstream, caps goimap.CapSet) []Finding {
	var findings []Finding
	fail := func(text string) { findings = append(findings, Finding{Err: errors.New(text)}) }
	plain := caps.Has("AUTH=PLAIN")
	switch {
	case u.Auth == configs.AuthOAuth2 && !caps.Has("AUTH=XOAUTH2") && !caps.Has("AUTH=OAUTHBEARER"):
		fail(`it announces neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER, which auth = "oauth2" needs`)
	case u.Auth == configs.AuthSCRAM && !caps.Has("AUTH=SCRAM-SHA-256"):
		fail(`it does not announce AUTH=SCRAM-SHA-256; with auth = "password" the password itself is sent`)
	case u.Auth == configs.AuthMaster && u.MasterSeparator == "" && !plain:
		fail("it does not announce AUTH=PLAIN, which a master user needs without a master_separator")
	case (u.Auth == configs.AuthPassword || u.Auth == configs.AuthMaster) && caps.Has(goimap.CapLoginDisabled) && !plain:
		fail(`it takes no password on this connection (LOGINDISABLED): set tls = "starttls" or "implicit"`)
	}
	if u.SendClientIP && !caps.Has(goimap.CapID) {
		findings = append(findings, Finding{Warning: true, Text: "it does not announce ID, so send_client_ip tells it nothing"})
	}
	return findings
}

// ProbeAccount logs in and lists, so that it also sees what a server shows only
// then: PERMANENTFLAGS, rights, special uses.
func (p *Pool) ProbeAccount(ctx context.Context, req backend.Request) []Finding {
	if req.Upstream.Protocol == configs.ProtocolPOP3 {
		return p.probeOldAccount(ctx, req)
	}
	m, err := p.Open(ctx, req)
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = m.Close() }()
	l, err := m.List(ctx, translate.Listing{})
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	text := fmt.Sprintf("account %s: logged in, mailbox %q holds %d messages; the server has %s", req.Account, imap.DecodeMailbox(m.name), len(l.Entries), describeCaps(m.server.Caps))
	for name, use := range m.missing {
		text += fmt.Sprintf("; %q (%s) is not there and will be made", imap.DecodeMailbox(name), use)
	}
	findings := append([]Finding{{Text: text}}, lacks(req.Maildrop, m.Server())...)
	for _, learned := range p.lessonsOf(req.Upstream).all() {
		findings = append(findings, Finding{Warning: true, Text: learned.says()})
	}
	return findings
}

// needs says what the maildrops need and the server does not announce. Servers
// announce more behind a login, so it is only a hint.
func needs(drops []configs.Maildrop, caps goimap.CapSet) []Finding {
	var findings []Finding
	hint := func(d configs.Maildrop, what string) {
		findings = append(findings, Finding{Warning: true, Text: fmt.Sprintf("maildrop %q needs %s, which shows only after a login: --account (with --password-file) looks", d.Name, what)})
	}
	for _, d := range drops {
		switch {
		case d.UniqueID.NeedsGmailID() && !caps.Has("X-GM-EXT-1"):
			hint(d, "X-GM-MSGID")
		case d.OnDelete.Keyword() != "":
			hint(d, "a mailbox that keeps the keyword "+string(d.OnDelete.Keyword()))
		case d.OnDelete.Touches() && !caps.Has(goimap.CapUIDPlus) && !caps.Has(goimap.CapMove):
			hint(d, "UIDPLUS or MOVE")
		}
	}
	return findings
}

// lacks says what a maildrop's policy wants and the mailbox does not have.
func lacks(d configs.Maildrop, s translate.Server) []Finding {
	var findings []Finding
	for _, missing := range d.Policy().Unsupported(s) {
		f := Finding{Text: fmt.Sprintf("maildrop %q: %s", d.Name, missing.Text), Warning: true}
		if missing.Fatal {
			f = Finding{Err: fmt.Errorf("maildrop %q: %s", d.Name, missing.Text)}
		}
		findings = append(findings, f)
	}
	return findings
}

func describeTLS(state tls.ConnectionState) string {
	if len(state.PeerCertificates) == 0 {
		return "connected without TLS"
	}
	leaf := state.PeerCertificates[0]
	text := fmt.Sprintf("connected with %s, certificate valid until %s", tls.VersionName(state.Version), leaf.NotAfter.Format(time.DateOnly))
	if days := int(time.Until(leaf.NotAfter).Hours() / 24); days < 21 {
		text += fmt.Sprintf(" (%d days)", days)
	}
	return text
}

// describeCaps names the capabilities that make a difference here.
func describeCaps(caps goimap.CapSet) string {
	var names []string
	for _, c := range []goimap.Cap{goimap.CapIMAP4rev2, goimap.CapIMAP4rev1, goimap.CapUIDPlus, goimap.CapMove, goimap.CapSpecialUse, goimap.CapCondStore, goimap.CapESearch} {
		if _, ok := caps[c]; ok {
			names = append(names, string(c))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
