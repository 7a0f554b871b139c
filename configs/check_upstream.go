package configs

import (
	"crypto/x509"
	"net/netip"
	"os"
	"strings"
)

func (r *reading) checkUpstream(at string, u Upstream) {
	r.checkCAFile(at+".ca_file", u.CAFile)
	r.checkIgnore(at+".ignore", u)
	if _, has := pop3Servers[u.Provider]; u.Protocol == ProtocolPOP3 && u.Provider != ProviderOther && !has && u.Address == "" {
		r.errorf(at+".protocol", "%s has no POP3 server; leave it out, so that IMAP is spoken", u.Provider)
		return
	}
	host, port, ok := r.address(at, u.Address, false)
	if !ok || r.wrong[at+".tls"] {
		return
	}
	if u.Protocol == ProtocolPOP3 {
		r.checkPortPOP3(at, u, port)
		port = 0
	}
	switch key := at + ".tls"; {
	case u.TLS == TLSNone && !loopback(host):
		r.warnf(key, "none sends every password to %s in the clear; write implicit or starttls", host)
	case port == portIMAPS && u.TLS != TLSImplicit:
		r.warnf(key, "%s on port 993, where servers begin with TLS; write implicit", u.TLS)
	case port == portIMAP && u.TLS == TLSImplicit:
		r.warnf(key, "implicit on port 143, where servers begin in plaintext; write starttls, or use port 993")
	}
	if key := at + ".address"; u.Protocol == ProtocolIMAP && !r.wrong[at+".protocol"] && (port == portPOP3 || port == portPOP3S) {
		r.warnf(key, "port %d is POP3's; IMAP servers listen on 993 (implicit) or 143 (starttls)", port)
	}
}

// checkIgnore: a capability is a word without blanks. What keeps a password from
// being sent, or makes the server an IMAP server, cannot be overlooked.
func (r *reading) checkIgnore(at string, u Upstream) {
	if len(u.Ignore) == 0 || r.wrong[at] {
		return
	}
	if u.Protocol == ProtocolPOP3 {
		r.warnf(at, "is not used with protocol = pop3; leave it out")
	}
	for _, name := range u.Ignore {
		switch upper := strings.ToUpper(name); {
		case name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }):
			r.errorf(at, "%q is not a capability; write one word for each as the server announces it, such as NAMESPACE or AUTH=PLAIN", name)
		case upper == "LOGINDISABLED":
			r.errorf(at, "LOGINDISABLED forbids sending a password in the clear and cannot be ignored; set tls to starttls or implicit")
		case strings.HasPrefix(upper, "IMAP4"):
			r.errorf(at, "%s cannot be ignored: it is what popbridge speaks", name)
		case upper == "STARTTLS" && u.TLS == TLSStartTLS:
			r.errorf(at, "STARTTLS cannot be ignored with tls = starttls; for a server that begins with TLS write tls = implicit")
		}
	}
}

func (r *reading) checkCAFile(at, path string) {
	if path == "" || r.wrong[at] {
		return
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.errorf(at, "%s", unreadable(path, err))
	} else if !x509.NewCertPool().AppendCertsFromPEM(content) {
		r.errorf(at, "%s holds no certificate in PEM", path)
	}
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
