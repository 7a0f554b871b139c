package configs

import (
	"maps"
	"slices"
	"strings"

	"popbridge/translate"
)

// The ports of submission (RFC 8314 §7.3): TLS from the first octet on the second. The
// third is for servers among themselves.
const (
	portSubmission  = 587
	portSubmissions = 465
	portSMTP        = 25
)

// checkSubmission looks at how the mail of an upstream's accounts is sent.
func (r *reading) checkSubmission(at string, u Upstream, c *Config) {
	s := u.Submission
	at += ".submission"
	if s.Address == "" {
		if s.means() && !r.wrong[at+".address"] {
			r.warnf(at, "is not used without its address, so nothing can be sent through this upstream; write the submission server's host:port")
		}
		return
	}
	if r.wrong[at+".address"] {
		return
	}
	host, port, err := hostPort(s.Address, false)
	if err != nil {
		r.errorf(at+".address", "%s", strings.ReplaceAll(err.Error(), "imap.example.org:993", "smtp.example.org:465"))
		return
	}
	if !c.Sends() && r.given(at+".address") && !r.wrong["listener"] {
		r.warnf(at+".address", `is not used: no listener has protocol = "smtp"`)
	}
	r.checkSubmissionTLS(at, s, host, port)
	for _, alias := range s.Aliases {
		r.checkAlias(at+".aliases", alias)
	}
	if key := at + ".aliases"; len(s.Aliases) > 0 && s.Sender == translate.SenderAny && !r.wrong[key] && !r.wrong[at+".sender"] {
		r.warnf(key, "is not used with sender = any, which lets every sender through")
	}
	r.checkSent(at, u, c)
}

// means reports whether an operator has asked for anything but the defaults.
func (s Submission) means() bool {
	return s.Sender != translate.SenderOwn || s.Sent != SentAuto || s.BareNewlines != translate.BareRefuse || len(s.Aliases) > 0 || s.SentMailbox != ""
}

func (r *reading) checkSubmissionTLS(at string, s Submission, host string, port int) {
	switch key := at + ".tls"; {
	case r.wrong[key]:
	case s.TLS == TLSNone && !loopback(host):
		r.warnf(key, "none sends every password to %s in the clear; write implicit or starttls", host)
	case port == portSubmissions && s.TLS != TLSImplicit:
		r.warnf(key, "%s on port 465, where servers begin with TLS; write implicit", s.TLS)
	case (port == portSubmission || port == portSMTP) && s.TLS == TLSImplicit:
		r.warnf(key, "implicit on port %d, where servers begin in plaintext; write starttls, or use port 465", port)
	}
	if key := at + ".address"; port == portPOP3 || port == portPOP3S || port == portIMAP || port == portIMAPS {
		r.warnf(key, "port %d is not for sending; submission servers listen on 465 (implicit) or 587 (starttls)", port)
	}
}

// checkAlias looks at an address of an account, with its placeholders.
func (r *reading) checkAlias(at, alias string) {
	if r.wrong[at] {
		return
	}
	r.checkAccount(at, alias)
	full := strings.Contains(alias, "@") || strings.Contains(alias, "{user}")
	switch {
	case strings.Contains(alias, "{device}"):
		r.errorf(at, "%q: an address of an account cannot depend on the device; write {user}, {local} or {domain}", alias)
	case !full || strings.ContainsAny(alias, " <>,"):
		r.errorf(at, `%q is not an address; write for example "info@{domain}"`, alias)
	}
}

// checkSent looks at what becomes of what was sent.
func (r *reading) checkSent(at string, u Upstream, c *Config) {
	s := u.Submission
	if r.wrong[at+".sent"] || r.wrong["upstream."+u.Name+".protocol"] {
		return
	}
	if u.Protocol == ProtocolPOP3 && s.Sent == SentAlways {
		r.errorf(at+".sent", "always needs a mailbox for sent mail, and upstream %q is an old POP3 server, which has none; write never", u.Name)
	}
	for _, key := range []string{at + ".sent_mailbox", at + ".sent_retry"} {
		if r.given(key) && !u.Files() && !r.wrong[key] {
			r.warnf(key, "is not used, because no copies are filed")
		}
	}
	if strings.HasPrefix(s.SentMailbox, `\`) && !slices.Contains(specialUses(), s.SentMailbox) {
		r.errorf(at+".sent_mailbox", "%s is not a special use; write the name of a mailbox, or leave the key out for \\Sent", s.SentMailbox)
	}
	if c.Sends() && u.Files() && u.Auth.NeedsPassword() && c.State.SecretsKey.Empty() && !r.wrong["state.secrets_key"] && !r.wrong["upstream."+u.Name+".auth"] {
		r.warnf(at+".sent", `copies of sent mail wait in the state folder with the device's password, which opens their mailbox; state.secrets_key would encrypt both ("popbridge secrets key" makes one)`)
	}
}

// checkSending looks at a listener for mail that is sent, or at keys of one that is none.
func (r *reading) checkSending(at string, l Listener, c *Config) {
	if r.wrong[at+".protocol"] {
		return
	}
	before := at + ".pop_before_smtp"
	if l.Protocol != DeviceSMTP {
		if l.PopBeforeSMTP > 0 {
			r.warnf(before, `is not used with protocol = %s; it belongs to a listener with protocol = "smtp"`, l.Protocol)
		}
		return
	}
	if key := at + ".last"; l.Last {
		r.warnf(key, "is not used with protocol = smtp; LAST is a command of POP3")
	}
	if l.PopBeforeSMTP > 0 && !r.wrong[before] {
		r.warnf(before, "for %v after a device's login, whoever has its address may send as its account; leave it out if devices can log in to send", l.PopBeforeSMTP)
		if !slices.ContainsFunc(slices.Collect(maps.Values(c.Listener)), func(l Listener) bool { return l.Protocol == DevicePOP3 }) {
			r.errorf(before, "no listener speaks POP3, so there is no login to go by")
		}
	}
	if r.wrong["route"] || r.wrong["upstream"] || len(c.Upstream) == 0 {
		return
	}
	for _, route := range c.Routes() {
		u, known := c.Upstream[route.Upstream]
		if !known || u.Submission.Address != "" || r.wrong["upstream."+u.Name+".submission.address"] || route.Action != ActionServe || route.Listener != "" && route.Listener != l.Name {
			continue
		}
		if r.someoneSends(l, c) {
			r.warnf(at, "nothing can be sent through upstream %q, which a route leads to: it has no submission.address", u.Name)
		} else {
			r.errorf(at, "nothing can be sent: upstream %q has no submission.address; write its submission server's host:port, such as \"smtp.example.org:465\"", u.Name)
		}
		return
	}
}

// someoneSends reports whether a listener's mail can be sent by some route.
func (r *reading) someoneSends(l Listener, c *Config) bool {
	return slices.ContainsFunc(c.Routes(), func(route Route) bool {
		return route.Action == ActionServe && (route.Listener == "" || route.Listener == l.Name) && c.Upstream[route.Upstream].Submission.Address != ""
	})
}
