package upstream_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// greeter says a greeting to each that connects, behind TLS where a configuration is
// given.
func greeter(t *testing.T, greeting string, config *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				nc = tls.Server(nc, config)
			}
			_ = nc.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(nc, greeting)
			_, _ = io.Copy(io.Discard, nc) // until the other side has gone
			_ = nc.Close()
		}
	}()
	return l.Addr().String()
}

func TestRecognise(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	web.Close()
	config := &tls.Config{Certificates: web.TLS.Certificates}
	for name, test := range map[string]struct {
		greeting string
		server   *tls.Config
		protocol configs.Protocol
		tls      configs.TLS
		want     string // a part of it; empty: nothing is wrong
	}{
		"POP3 for IMAP":                {"+OK ready\r\n", nil, configs.ProtocolIMAP, configs.TLSNone, `is a POP3 server, and protocol is "imap"; write protocol = "pop3"`},
		"SMTP for IMAP":                {"220 mail ESMTP\r\n", nil, configs.ProtocolIMAP, configs.TLSStartTLS, "is an SMTP or FTP server"},
		"POP3 for IMAP, within TLS":    {"+OK ready\r\n", config, configs.ProtocolIMAP, configs.TLSImplicit, "is a POP3 server"},
		"IMAP for POP3":                {"* OK ready\r\n", nil, configs.ProtocolPOP3, configs.TLSNone, `is an IMAP server, and protocol is "pop3"; write protocol = "imap"`},
		"IMAP":                         {"* OK ready\r\n", nil, configs.ProtocolIMAP, configs.TLSNone, ""},
		"IMAP that is busy":            {"* BYE busy\r\n", nil, configs.ProtocolIMAP, configs.TLSNone, ""},
		"POP3":                         {"+OK ready\r\n", config, configs.ProtocolPOP3, configs.TLSImplicit, ""},
		"POP3 that is busy":            {"-ERR busy\r\n", nil, configs.ProtocolPOP3, configs.TLSNone, ""},
		"TLS from the start, and none": {"* OK ready\r\n", config, configs.ProtocolIMAP, configs.TLSNone, `takes TLS from the start, and nothing before it; write tls = "implicit"`},
		"TLS from the start, STARTTLS": {"+OK ready\r\n", config, configs.ProtocolPOP3, configs.TLSStartTLS, `write tls = "implicit"`},
		"something else":               {"hello\r\n", nil, configs.ProtocolIMAP, configs.TLSNone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := configs.Upstream{Name: "mail", Address: greeter(t, test.greeting, test.server), Protocol: test.protocol, TLS: test.tls, Timeout: 10 * time.Second}
			err := upstream.Recognise(t.Context(), u)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	if err := upstream.Recognise(t.Context(), configs.Upstream{Name: "gone", Address: "127.0.0.1:1", Timeout: time.Second}); err != nil {
		t.Errorf("of a server that is away: %v", err)
	}
}
