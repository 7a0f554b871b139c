package sending_test

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// TestNoPasswordWithoutTLS: whatever a submission server, or somebody on the way to it,
// does to the beginning of TLS, it gets no password and no message; the device may try
// again later, and does so with success when all is well.
func TestNoPasswordWithoutTLS(t *testing.T) {
	t.Parallel()
	certificate, other := servers.NewCertificate(t, t.TempDir()), servers.NewCertificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(certificate.Cert, certificate.Key)
	if err != nil {
		t.Fatal(err)
	}
	server := func(version uint16, extensions ...string) *liars.Submission {
		config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: version}
		return liars.StartSubmission(t, liars.SubmissionOptions{Password: password, TLS: config, Extensions: extensions})
	}
	smtp := server(0, "STARTTLS", "AUTH PLAIN LOGIN")
	old, bare := server(tls.VersionTLS11, "STARTTLS", "AUTH PLAIN LOGIN"), server(0, "AUTH PLAIN LOGIN")
	var upstreams, routes strings.Builder
	for _, u := range []struct{ name, address, tls, authority string }{
		{"good", smtp.Address(), "starttls", certificate.CA}, {"stranger", smtp.Address(), "starttls", other.CA},
		{"old", old.Address(), "starttls", certificate.CA}, {"none", bare.Address(), "starttls", certificate.CA}, {"implicit", bare.Address(), "implicit", certificate.CA},
	} {
		fmt.Fprintf(&upstreams, "  %s: {address: \"127.0.0.1:1\", tls: none, reuse: 0s, ca_file: %q, submission: {address: %q, tls: %s, sent: never}}\n", u.name, u.authority, u.address, u.tls)
		fmt.Fprintf(&routes, "  - {user: \"*@%s.test\", upstream: %s}\n", u.name, u.name)
	}
	b := bridge.Start(t, fmt.Sprintf(`listener: {submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true}}
upstream:
%sroute:
%sstate: {source: %q}
limits: {failures_per_ip: 0, failures_per_account: 0, failure_delay: 0s}
`, &upstreams, &routes, filepath.Join(t.TempDir(), "state.db")), password)
	try := func(t *testing.T, domain, want string) {
		t.Helper()
		d := dial(t, b.Address("submission"))
		d.say("EHLO device", "250")
		d.say("AUTH PLAIN "+plain("alice@"+domain, password), want)
		if got := d.transfer("alice@"+domain, "Subject: with TLS\r\n"); strings.HasPrefix(want, "235") != strings.HasPrefix(got, "250") {
			t.Errorf("the message is answered %q", got)
		}
		_ = d.nc.Close()
	}
	for name, lie := range map[string]liars.SubmissionLie{
		"refused":                 {Verb: "STARTTLS", Say: "454 4.7.0 not now\r\n"},
		"refused for good":        {Verb: "STARTTLS", Say: "502 5.5.1 what?\r\n"},
		"closed":                  {Verb: "STARTTLS", Close: true},
		"no TLS behind it":        {Verb: "HANDSHAKE", Say: "250 2.0.0 let us go on as we are\r\n"},
		"closed behind it":        {Verb: "HANDSHAKE", Close: true},
		"an alert":                {Verb: "HANDSHAKE", Say: "\x15\x03\x01\x00\x02\x02\x28", Close: true},
		"half a hello":            {Verb: "HANDSHAKE", Say: "\x16\x03\x03\x00\x7a\x02\x00", Close: true},
		"an answer put before it": {Verb: "STARTTLS", Say: "220 2.0.0 go on\r\n250-liar\r\n250 AUTH PLAIN\r\n"},
		"no answer to EHLO":       {Verb: "EHLO", Close: true},
	} {
		t.Run(name, func(t *testing.T) {
			smtp.Lie(lie)
			try(t, "good.test", "451 4.4.")
			smtp.Lie()
		})
	}
	for _, domain := range []string{"stranger.test", "old.test", "none.test", "implicit.test"} {
		t.Run(domain, func(t *testing.T) { try(t, domain, "451 4.4.") })
	}
	before := len(smtp.Messages()) + len(old.Messages()) + len(bare.Messages())
	t.Run("all is well", func(t *testing.T) { try(t, "good.test", "235") })
	if after := len(smtp.Messages()); before != 0 || after != 1 {
		t.Errorf("%d messages were sent, and %d in the end", before, after)
	}
	for _, s := range []*liars.Submission{smtp, old, bare} {
		for _, line := range s.Commands() {
			if strings.Contains(line, "AUTH") && !strings.HasPrefix(line, liars.Secured) {
				t.Errorf("in the clear: %q", line)
			}
		}
	}
}

// TestASlowSubmissionServer: one that does not answer in time is trouble, at every command;
// but to the end of a message it may take as long as it likes, since whoever gives up then
// has it sent twice.
func TestASlowSubmissionServer(t *testing.T) {
	t.Parallel()
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	config := strings.Replace(yaml("127.0.0.1:1", smtp.Address(), "", ", sent: never", ""), "    tls: none\n", "    tls: none\n    timeout: 2s\n", 1)
	b := bridge.Start(t, config, password)
	for _, verb := range []string{"GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"} {
		t.Run(verb, func(t *testing.T) {
			smtp.Lie(liars.SubmissionLie{Verb: verb, Wait: time.Hour})
			got := attempt(t, b.Address("submission"), "slow "+verb, nil)
			if smtp.Lie(); !strings.HasPrefix(got, "451 4.4.") {
				t.Errorf("the device hears %q", got)
			}
		})
	}
	if n := len(smtp.Messages()); n > 0 {
		t.Errorf("%d messages were sent", n)
	}
	t.Run("END", func(t *testing.T) {
		smtp.Lie(liars.SubmissionLie{Verb: "END", Wait: 5 * time.Second, Say: "250 2.0.0 at last\r\n"})
		if got := attempt(t, b.Address("submission"), "slow END", nil); !strings.HasPrefix(got, "250") {
			t.Errorf("the device hears %q", got)
		}
		if n := len(smtp.Messages()); n != 1 {
			t.Errorf("%d messages were sent, want one", n)
		}
	})
}
