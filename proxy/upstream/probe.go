package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
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
	var state tls.ConnectionState
	probe := NewPool(p.log)
	if config, err := probe.tlsConfig(u); err == nil && config != nil {
		config.VerifyConnection = func(cs tls.ConnectionState) error { state = cs; return nil }
	}
	conn, err := probe.dial(ctx, u, imap.Options{})
	if err != nil {
		return []Finding{{Err: translate.Refuse(err).Err}}
	}
	defer func() { _ = conn.Close() }()
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return []Finding{{Err: err}}
	}
	_ = conn.Logout(ctx)
	findings := []Finding{{Text: describeTLS(state) + ", announces " + describeCaps(caps)}}
	if caps.Has("LOGINDISABLED") && !caps.Has("AUTH=PLAIN") {
		findings = append(findings, Finding{Err: fmt.Errorf(`it takes no password on this connection (LOGINDISABLED): set tls = "starttls" or "implicit"`)})
	}
	return append(findings, p.lacks(drops, translate.Server{Caps: caps}, "as far as it shows before a login, ")...)
}

// ProbeAccount logs in and lists, so that it also sees what a server shows only
// then: PERMANENTFLAGS, rights, special uses.
func (p *Pool) ProbeAccount(ctx context.Context, req Request) []Finding {
	m, err := p.Open(ctx, req)
	if err != nil {
		return []Finding{{Err: translate.Refuse(err)}}
	}
	defer func() { _ = m.Close() }()
	l, err := m.List(ctx, translate.Listing{})
	if err != nil {
		return []Finding{{Err: translate.Refuse(err)}}
	}
	text := fmt.Sprintf("account %s: logged in, mailbox %q holds %d messages", req.Account, imap.DecodeMailbox(m.name), len(l.Entries))
	for name, use := range m.missing {
		text += fmt.Sprintf("; %q (%s) is not there and will be made", imap.DecodeMailbox(name), use)
	}
	return append([]Finding{{Text: text}}, p.lacks([]configs.Maildrop{req.Maildrop}, m.Server(), "")...)
}

func (p *Pool) lacks(drops []configs.Maildrop, s translate.Server, caveat string) []Finding {
	// Before a login the names are not known; they are not what is asked.
	if s.Mailbox == "" {
		s.Mailbox, s.Trash, s.Archive = "INBOX", "Trash", "Archive"
	}
	var findings []Finding
	for _, d := range drops {
		policy := translate.Policy{OnDelete: d.OnDelete, OnRetrieve: d.OnRetrieve, UniqueID: d.UniqueID}
		for _, lack := range policy.Lacks(s) {
			f := Finding{Text: fmt.Sprintf("maildrop %q: %s%s", d.Name, caveat, lack.Text), Warning: true}
			if lack.Fatal {
				f = Finding{Err: fmt.Errorf("maildrop %q: %s", d.Name, lack.Text)}
			}
			findings = append(findings, f)
		}
		if d.OnDelete == translate.DeleteFlag && s.PermanentFlags == nil {
			findings = append(findings, Finding{Warning: true, Text: fmt.Sprintf("maildrop %q: %swhether the mailbox keeps the keyword %s is not known; add --account and --password-file to see", d.Name, caveat, translate.KeywordDeleted)})
		}
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
