package configs

import "popbridge/translate"

// checkOldServers looks for what an old POP3 server cannot do. One maildrop may
// serve accounts that are still there and those that have moved, so that what
// holds for the moved ones alone is no mistake.
func (r *reading) checkOldServers(c *Config) {
	served := make(map[string]string) // by maildrop, the first old server
	for _, route := range c.Routes() {
		u, known := c.Upstream[route.Upstream]
		if !known || u.Protocol != ProtocolPOP3 || route.Action != ActionServe {
			continue
		}
		if _, ok := served[route.Maildrop]; !ok {
			served[route.Maildrop] = route.Upstream
		}
	}
	for name, upstream := range served {
		if m, ok := c.Maildrop[name]; ok {
			r.checkOldPolicy("maildrop."+name, m, upstream)
		}
	}
	for name, u := range c.Upstream {
		if u.Protocol != ProtocolPOP3 {
			continue
		}
		for _, key := range []string{"reuse", "reauth", "parked"} {
			if at := "upstream." + name + "." + key; r.given(at) && !r.wrong[at] {
				r.warnf(at, "is not used with protocol = pop3: a session there holds the maildrop, so no connection is kept for the next one; leave it out")
			}
		}
	}
}

func (r *reading) checkOldPolicy(at string, m Maildrop, upstream string) {
	warn := func(key, format string, args ...any) {
		if key = at + "." + key; r.given(key) && !r.wrong[key] {
			r.warnf(key, format, args...)
		}
	}
	if m.OnDelete.OnOldServer() != m.OnDelete {
		warn("on_delete", "%s cannot be done on the old server %q, which removes for good what a device deletes; it holds for accounts that have moved. To keep messages there too write hide", m.OnDelete, upstream)
	}
	if m.Mailbox.Several() || m.Mailbox.First() != "INBOX" {
		warn("mailbox", "the old server %q has one mailbox, which is shown whatever this says; it holds for accounts that have moved", upstream)
	}
	if len(m.Exclude) > 0 {
		warn("exclude", "the old server %q has one mailbox, which is shown whatever this says; it holds for accounts that have moved", upstream)
	}
	if !m.Search.All() {
		warn("search", "the old server %q cannot search, so all are shown; it holds for accounts that have moved", upstream)
	}
	if m.Order == translate.OrderArrival {
		warn("order", "the old server %q does not tell when a message came, so its own order is kept; it holds for accounts that have moved", upstream)
	}
	if m.Visible > 0 {
		warn("visible", "the old server %q does not tell when a message came, so all are shown; it holds for accounts that have moved", upstream)
	}
	if m.FirstLogin.Days > 0 {
		warn("first_login", "the old server %q does not tell when a message came, so a new device gets all; it holds for accounts that have moved", upstream)
	}
}

// checkPortPOP3 compares an old server's port with how it is spoken to.
func (r *reading) checkPortPOP3(at string, u Upstream, port int) {
	switch key := at + ".tls"; {
	case port == portPOP3S && u.TLS != TLSImplicit:
		r.warnf(key, "%s on port 995, where servers begin with TLS; write implicit", u.TLS)
	case port == portPOP3 && u.TLS == TLSImplicit:
		r.warnf(key, "implicit on port 110, where servers begin in plaintext; write starttls, or use port 995")
	case port == portIMAP || port == portIMAPS:
		r.warnf(at+".address", "port %d is IMAP's; POP3 servers listen on 995 (implicit) or 110 (starttls)", port)
	}
}
