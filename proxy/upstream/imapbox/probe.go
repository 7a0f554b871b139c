package imapbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Probe connects to an upstream as a login would, without a password: address,
// TLS, certificate, greeting, capabilities, and what the maildrops that are
// routed to it need and it does not announce.
func Probe(ctx context.Context, u configs.Upstream, drops []configs.Maildrop) []upstream.Finding {
	if err := upstream.Recognise(ctx, u); err != nil {
		return []upstream.Finding{{Err: err}}
	}
	d, state := upstream.Watched(u)
	conn, err := dial(ctx, d, u, imap.Options{})
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = conn.Close() }()
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return []upstream.Finding{{Err: err}}
	}
	_ = conn.Logout(ctx)
	findings := []upstream.Finding{{Text: upstream.DescribeTLS(*state) + ", announces " + describeCaps(caps)}}
	findings = append(findings, unsupportedLogin(u, caps)...)
	return append(findings, needs(drops, caps)...)
}

// unsupportedLogin says what upstream.auth needs and the server does not announce, so
// that no login can succeed.
func unsupportedLogin(u configs.Upstream, caps goimap.CapSet) []upstream.Finding {
	var findings []upstream.Finding
	fail := func(text string) { findings = append(findings, upstream.Finding{Err: errors.New(text)}) }
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
		findings = append(findings, upstream.Finding{Warning: true, Text: "it does not announce ID, so send_client_ip tells it nothing"})
	}
	return findings
}

// ProbeAccount logs in and lists, so that it also sees what a server shows only
// then: PERMANENTFLAGS, rights, special uses.
func (p *Pool) ProbeAccount(ctx context.Context, req backend.Request) []upstream.Finding {
	m, err := p.Open(ctx, req)
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = m.Close() }()
	holds, err := m.probe(ctx)
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	text := fmt.Sprintf("account %s: logged in, %s; the server has %s", req.Account, holds, describeCaps(m.server.Caps))
	for name, use := range m.missing {
		text += fmt.Sprintf("; %q (%s) is not there and will be made", imap.DecodeMailbox(name), use)
	}
	findings := append([]upstream.Finding{{Text: text}}, upstream.Unsupported(req.Maildrop, m.Server())...)
	for _, learned := range p.lessonsOf(req.Upstream).all() {
		findings = append(findings, upstream.Finding{Warning: true, Text: learned.says()})
	}
	return findings
}

// probe lists and searches all that the maildrop shows, and says what it holds.
func (m *Mailbox) probe(ctx context.Context) (holds string, err error) {
	var names []string
	messages := 0
	for _, box := range m.named() {
		l, err := box.List(ctx, translate.Listing{})
		if err != nil {
			return "", err
		}
		if search := m.req.Maildrop.Search; !search.All() {
			if _, err := box.Seek(ctx, search); err != nil {
				return "", err
			}
		}
		names, messages = append(names, imap.DecodeMailbox(box.name)), messages+len(l.Entries)
	}
	if len(names) == 1 {
		return fmt.Sprintf("mailbox %q holds %s", names[0], translate.Count(messages, "message")), nil
	}
	return fmt.Sprintf("%d mailboxes hold %s: %s", len(names), translate.Count(messages, "message"), strings.Join(names, ", ")), nil
}

// needs says what the maildrops need and the server does not announce. Servers
// announce more after a login, so it is only a hint.
func needs(drops []configs.Maildrop, caps goimap.CapSet) []upstream.Finding {
	var findings []upstream.Finding
	hint := func(d configs.Maildrop, what string) {
		findings = append(findings, upstream.Finding{Warning: true, Text: fmt.Sprintf("maildrop %q needs %s, which shows only after a login: --account (with --password-file) looks", d.Name, what)})
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
