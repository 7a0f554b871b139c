package upstream

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// probeOld is Probe for an old POP3 server.
func (p *Pool) probeOld(ctx context.Context, u configs.Upstream) []Finding {
	probe, state := p.probe(u)
	conn, err := probe.dialOld(ctx, u, pop3.ClientOptions{Timeout: u.Timeout})
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = conn.Close() }()
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return []Finding{{Err: err}}
	}
	_ = conn.Quit(ctx)
	findings := []Finding{{Text: describeTLS(*state) + ", an old POP3 server that " + describeOldCaps(caps)}}
	if caps.Known() && !caps.Has("UIDL") {
		findings = append(findings, Finding{Warning: true, Text: "it announces no UIDL: unique-ids are computed from headers, which are read at each login"})
	}
	if caps.Known() && !caps.Has("TOP") {
		findings = append(findings, Finding{Warning: true, Text: "it announces no TOP: headers can be read only with the whole message"})
	}
	return findings
}

// probeOldAccount is ProbeAccount for an old POP3 server.
func (p *Pool) probeOldAccount(ctx context.Context, req backend.Request) []Finding {
	m, err := p.OpenOld(ctx, req)
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = m.Close() }()
	l, err := m.List(ctx, translate.Listing{})
	if err != nil {
		return []Finding{{Err: translate.Cause(err)}}
	}
	findings := []Finding{{Text: fmt.Sprintf("account %s: logged in, the maildrop holds %d messages; the server %s", req.Account, len(l.Entries), describeOldCaps(m.link.caps))}}
	var list []translate.Given
	for _, e := range l.Entries {
		list = append(list, translate.Given{UniqueID: e.UniqueID})
	}
	if odd := translate.Odd(list); odd != (translate.Oddity{}) {
		findings = append(findings, Finding{Warning: true, Text: fmt.Sprintf("%d unique-ids are not allowed by RFC 1939 and %d are repeated, such as %s; devices get them as they are", odd.Invalid, odd.Repeated, odd.Example)})
	}
	return append(findings, lacks(req.Maildrop.On(req.Upstream), m.Server())...)
}

// describeOldCaps names the capabilities that make a difference here.
func describeOldCaps(caps pop3.Capabilities) string {
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
