package pop3box

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Probe connects to an upstream as a login would, without a password: address, TLS,
// certificate, greeting and capabilities.
func Probe(ctx context.Context, u configs.Upstream) []upstream.Finding {
	if err := upstream.Recognise(ctx, u); err != nil {
		return []upstream.Finding{{Err: err}}
	}
	d, state := upstream.Watched(u)
	conn, err := dial(ctx, d, u, pop3.ClientOptions{Timeout: u.Timeout})
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = conn.Close() }()
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return []upstream.Finding{{Err: err}}
	}
	_ = conn.Quit(ctx)
	findings := []upstream.Finding{{Text: upstream.DescribeTLS(*state) + ", an old POP3 server that " + describeCaps(caps)}}
	if caps.Known() && !caps.Has("UIDL") {
		findings = append(findings, upstream.Finding{Warning: true, Text: "it announces no UIDL: unique-ids are computed from headers, which are read at each login"})
	}
	if caps.Known() && !caps.Has("TOP") {
		findings = append(findings, upstream.Finding{Warning: true, Text: "it announces no TOP: headers can be read only with the whole message"})
	}
	return findings
}

// ProbeAccount logs in and lists.
func (p *Pool) ProbeAccount(ctx context.Context, req backend.Request) []upstream.Finding {
	m, err := p.Open(ctx, req)
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = m.Close() }()
	l, err := m.List(ctx, translate.Listing{})
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	findings := []upstream.Finding{{Text: fmt.Sprintf("account %s: logged in, the maildrop holds %s; the server %s", req.Account, translate.Count(len(l.Entries), "message"), describeCaps(m.conn.caps))}}
	var list []translate.Given
	for _, e := range l.Entries {
		list = append(list, translate.Given{UniqueID: e.UniqueID})
	}
	if odd := translate.Odd(list); odd != (translate.Oddity{}) {
		findings = append(findings, upstream.Finding{Warning: true, Text: fmt.Sprintf("%d unique-ids are not allowed by RFC 1939 and %d are repeated, such as %s; devices get them as they are", odd.Invalid, odd.Repeated, odd.Example)})
	}
	return append(findings, upstream.Unsupported(req.Maildrop.On(req.Upstream), m.Server())...)
}

// describeCaps names the capabilities that make a difference here.
func describeCaps(caps pop3.Capabilities) string {
	if !caps.Known() {
		return "does not know CAPA"
	}
	var names []string
	for _, c := range []string{"PIPELINING", "RESP-CODES", "STLS", "TOP", "UIDL"} {
		if caps.Has(c) {
			names = append(names, c)
		}
	}
	slices.Sort(names)
	return "announces " + strings.Join(names, " ")
}
