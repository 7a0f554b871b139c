package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"popbridge/configs"
)

// silence is how long a server may take to greet before it is tried whether it waits
// for TLS. Every server that speaks first does so within its first round trip.
const silence = 2 * time.Second

// greetings are how servers of other protocols begin.
var greetings = []struct{ begins, what, right string }{
	{"* ", "an IMAP server", `protocol = "imap"`},
	{"+OK", "a POP3 server", `protocol = "pop3"`},
	{"-ERR", "a POP3 server", `protocol = "pop3"`},
	{"220", "an SMTP or FTP server", "the port of IMAP or POP3 in address"},
	{"554", "an SMTP server", "the port of IMAP or POP3 in address"},
	{"HTTP/", "a web server", "the port of IMAP or POP3 in address"},
}

// Recognise looks at what a server begins with, and says where that is another protocol
// than the configuration has, or TLS from the start where it has none. It gives nil
// where nothing is wrong, or nothing can be told: connecting as a login does says why.
// It sends nothing but TLS's first message, to a server that is silent.
func Recognise(ctx context.Context, u configs.Upstream) error {
	implicit := u.TLS == configs.TLSImplicit
	greeting, err := greetingOf(ctx, u, implicit, silence)
	if err != nil && !implicit {
		if _, err := greetingOf(ctx, u, true, u.Timeout); err == nil {
			return fmt.Errorf(`upstream %q takes TLS from the start, and nothing before it; write tls = "implicit"`, u.Name)
		}
		return nil
	}
	expected := "* "
	if u.Protocol == configs.ProtocolPOP3 {
		expected = "+OK"
	}
	for _, g := range greetings {
		if strings.HasPrefix(greeting, g.begins) && g.begins != expected && !(expected == "+OK" && g.begins == "-ERR") {
			return fmt.Errorf("upstream %q is %s, and protocol is %q; write %s", u.Name, g.what, u.Protocol, g.right)
		}
	}
	return nil
}

// greetingOf gives the first octets that a server sends of itself, enough to tell
// protocols apart.
func greetingOf(ctx context.Context, u configs.Upstream, overTLS bool, patience time.Duration) (string, error) {
	nc, err := (&net.Dialer{Timeout: u.Timeout}).DialContext(ctx, "tcp", u.Address)
	if err != nil {
		return "", err
	}
	defer nc.Close()
	if overTLS {
		// No password is sent here; whether the certificate is good is found by who
		// connects to stay.
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
		patience = u.Timeout
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	first := make([]byte, len("HTTP/"))
	n, err := nc.Read(first)
	return string(first[:n]), err
}
