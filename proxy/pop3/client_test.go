package pop3_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"popbridge/proxy/pop3"
)

// greeted is a Client whose server says ready, and then each piece in one read.
func greeted(t testing.TB, pieces ...string) (*pop3.Client, *wire) {
	t.Helper()
	w := said(append([]string{"+OK ready\r\n"}, pieces...)...)
	c, err := pop3.NewClient(context.Background(), w, pop3.ClientOptions{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}

func TestGreeting(t *testing.T) {
	for _, test := range []struct {
		greeting, code string
		err            error
	}{
		{"+OK\r\n", "", nil},
		{"+OK ready <1.2@x>\n", "", nil},
		{"+ok ready\r\n", "", nil},
		{"-ERR [SYS/TEMP] too many\r\n", "SYS/TEMP", &pop3.ReplyError{}},
		{"-ERR [sys/perm]\r\n", "SYS/PERM", &pop3.ReplyError{}},
		{"-ERR [not a code] x\r\n", "", &pop3.ReplyError{}},
		{"-ERR [\r\n", "", &pop3.ReplyError{}},
		{"* OK IMAP4rev1\r\n", "", pop3.ErrProtocol},
		{"220 mail ESMTP\r\n", "", pop3.ErrProtocol},
		{"+OKAY\r\n", "", pop3.ErrProtocol},
		{"\r\n", "", pop3.ErrProtocol},
		{"+OK cut", "", io.ErrUnexpectedEOF},
		{"", "", io.ErrUnexpectedEOF},
		{"+OK " + strings.Repeat("x", 2*pop3.MaxReply) + "\r\n", "", pop3.ErrProtocol},
	} {
		_, err := pop3.NewClient(context.Background(), said(test.greeting), pop3.ClientOptions{Timeout: time.Minute})
		var refused *pop3.ReplyError
		if errors.As(test.err, &refused) {
			if !errors.As(err, &refused) || refused.Code != test.code {
				t.Errorf("%.40q: %v", test.greeting, err)
			}
		} else if !errors.Is(err, test.err) {
			t.Errorf("%.40q: %v, not %v", test.greeting, err, test.err)
		}
	}
}

func TestLogin(t *testing.T) {
	c, w := greeted(t, "+OK send PASS\r\n", "+OK\r\n")
	if err := c.Login(t.Context(), "alice", " two  blanks "); err != nil || w.output.String() != "USER alice\r\nPASS  two  blanks \r\n" {
		t.Errorf("%q: %v", w.output.String(), err)
	}
	c, w = greeted(t, "-ERR [AUTH] nobody\r\n")
	var refused *pop3.ReplyError
	if err := c.Login(t.Context(), "alice", "secret"); !errors.As(err, &refused) || refused.Code != "AUTH" || refused.Command != "USER" || c.Err() != nil {
		t.Errorf("%v, the connection: %v", err, c.Err())
	}
	if strings.Contains(w.output.String(), "secret") {
		t.Error("a password was sent for a name that was refused")
	}
	for _, name := range []string{"a\r\nDELE 1", "a\nb", "a\x00"} {
		c, w = greeted(t, "+OK\r\n", "+OK\r\n")
		if err := c.Login(t.Context(), name, "x"); !errors.Is(err, pop3.ErrUnsendable) || w.output.Len() > 0 {
			t.Errorf("user %q: %v, sent %q", name, err, w.output.String())
		}
		if err := c.Login(t.Context(), "x", name); !errors.Is(err, pop3.ErrUnsendable) || w.output.Len() > 0 {
			t.Errorf("password %q: %v, sent %q", name, err, w.output.String())
		}
		if err := c.AuthPlain(t.Context(), name, "x", "y"); !errors.Is(err, pop3.ErrUnsendable) || w.output.Len() > 0 {
			t.Errorf("AUTH PLAIN on %q: %v, sent %q", name, err, w.output.String())
		}
	}
}

func TestAuthPlain(t *testing.T) {
	const response = "YWxpY2UAbWFzdGVyAHNlY3JldA=="
	for _, test := range []struct {
		password, sent string
		answers        []string
		ok             bool
	}{
		{"secret", "AUTH PLAIN " + response + "\r\n", []string{"+OK\r\n"}, true},
		{"secret", "AUTH PLAIN " + response + "\r\n" + response + "\r\n", []string{"+ \r\n", "+OK\r\n"}, true},
		{"secret", "AUTH PLAIN " + response + "\r\n" + response + "\r\n", []string{"+\r\n", "-ERR [AUTH] no\r\n"}, false},
		{"secret", "AUTH PLAIN " + response + "\r\n", []string{"-ERR\r\n"}, false},
		{strings.Repeat("x", 300), "", []string{"+ \r\n", "+OK\r\n"}, true},
	} {
		c, w := greeted(t, test.answers...)
		err := c.AuthPlain(t.Context(), "alice", "master", test.password)
		if (err == nil) != test.ok || c.Err() != nil {
			t.Errorf("%q: %v, the connection: %v", test.answers, err, c.Err())
		}
		first, _, _ := strings.Cut(w.output.String(), "\r\n")
		if test.sent != "" && w.output.String() != test.sent || test.sent == "" && first != "AUTH PLAIN" {
			t.Errorf("%q: sent %q", test.answers, w.output.String())
		}
	}
}

// Secrets are in no line of the trace.
func TestTheTraceHasNoSecrets(t *testing.T) {
	var trace strings.Builder
	w := said("+OK\r\n", "+OK\r\n", "+OK\r\n", "+ \r\n", "+OK\r\n")
	c, err := pop3.NewClient(t.Context(), w, pop3.ClientOptions{Timeout: time.Minute, Trace: func(dir, line string) { trace.WriteString(dir + line + "\n") }})
	if err == nil {
		err = errors.Join(c.Login(t.Context(), "alice", "sesame"), c.AuthPlain(t.Context(), "", "bob", "sesame"))
	}
	if err != nil || strings.Contains(trace.String(), "sesame") || strings.Contains(trace.String(), "c2VzYW1l") || !strings.Contains(trace.String(), "USER alice") {
		t.Errorf("%q: %v", trace.String(), err)
	}
}

func TestCapabilities(t *testing.T) {
	c, w := greeted(t, "+OK\r\nTOP\r\nuidl\r\nPIPELINING\r\nSASL PLAIN LOGIN\r\nEXPIRE 30\r\n.\r\n", "+OK\r\n", "+OK\r\n", "-ERR what\r\n")
	caps, err := c.Capabilities(t.Context())
	if err != nil || !caps.Known() || !caps.Has("UIDL") || !caps.Has("PIPELINING") || caps.Has("STLS") || !caps.Mechanism("plain") || caps.Mechanism("SCRAM-SHA-1") {
		t.Errorf("%v: %v", caps, err)
	}
	if _, err := c.Capabilities(t.Context()); err != nil || strings.Count(w.output.String(), "CAPA") != 1 {
		t.Errorf("asked twice: %q, %v", w.output.String(), err)
	}
	if err := c.Login(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if caps, err = c.Capabilities(t.Context()); err != nil || caps.Known() || strings.Count(w.output.String(), "CAPA") != 2 {
			t.Errorf("behind the login: %v, %v, %q", caps, err, w.output.String())
		}
	}
	c, _ = greeted(t, "+OK\r\n"+strings.Repeat("X\r\n", 1000)+".\r\n")
	if _, err = c.Capabilities(t.Context()); !errors.Is(err, pop3.ErrProtocol) {
		t.Errorf("without end: %v", err)
	}
}

// What was sent after the answer to STLS could come from anybody on the way.
func TestNothingIsTakenFromBeforeTLS(t *testing.T) {
	c, w := greeted(t, "+OK begin\r\n+OK injected\r\n")
	if err := c.StartTLS(t.Context(), &tls.Config{ServerName: "x"}); !errors.Is(err, pop3.ErrInjected) || c.Err() == nil {
		t.Errorf("%v, the connection: %v", err, c.Err())
	}
	if w.output.String() != "STLS\r\n" {
		t.Errorf("%q", w.output.String())
	}
}

// An answer that nobody asked for would be taken for that to the next command.
func TestAnAnswerTooMany(t *testing.T) {
	c, w := greeted(t, "+OK\r\n+OK too many\r\n")
	if err := c.Noop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(t.Context()); !errors.Is(err, pop3.ErrProtocol) || c.Err() == nil || strings.Contains(w.output.String(), "QUIT") {
		t.Errorf("%v, the connection: %v, sent %q", err, c.Err(), w.output.String())
	}
}

// A server may be silent for the timeout, not longer, and progress begins it again.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		go func() { _, _ = far.Write([]byte("+OK\r\n")) }()
		c, err := pop3.NewClient(t.Context(), near, pop3.ClientOptions{Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			_, _ = far.Read(make([]byte, 100))
			for range 3 {
				time.Sleep(50 * time.Second)
				_, _ = far.Write([]byte("+OK\r\nx\r\n")[:4])
			}
		}()
		start := time.Now()
		var got bytes.Buffer
		_, err = c.Retrieve(t.Context(), 1, &got)
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || c.Err() == nil {
			t.Errorf("%v, the connection: %v", err, c.Err())
		}
		if took := time.Since(start); took != 210*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A context that ends in the middle of an answer ends the connection, or the rest
// of the answer would be taken for the next.
func TestAContextThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		go func() {
			_, _ = far.Write([]byte("+OK\r\n"))
			_, _ = far.Read(make([]byte, 100))
		}()
		c, err := pop3.NewClient(t.Context(), near, pop3.ClientOptions{Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := c.Noop(ctx); !errors.Is(err, context.DeadlineExceeded) || c.Err() == nil || time.Since(start) != time.Second {
			t.Errorf("%v after %v, the connection: %v", err, time.Since(start), c.Err())
		}
	})
}
