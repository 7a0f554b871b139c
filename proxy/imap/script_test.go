package imap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang is long enough that only a call that never returns is ended by it.
const hang = 30 * time.Second

// serve plays the server of a script on one end of a pipe and gives the other. The lines of a script are
//
//	C: text    the client must send this line
//	S: text    the server sends this line
//	s: text    the server sends this, as it would stand within "…" in Go, without a line end
//	TLS        the handshake of the server
//	ANY        the client may send whatever it likes
//	CUT        the server ends the connection
//
// Behind the last line the client must send nothing more.
func serve(t *testing.T, script string, config *tls.Config) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		play(t, server, script, config)
	}()
	t.Cleanup(func() {
		client.Close()
		<-done
	})
	return client
}

func play(t *testing.T, raw net.Conn, script string, config *tls.Config) {
	defer raw.Close()
	conn := raw
	conn.SetDeadline(time.Now().Add(hang))
	in := bufio.NewReader(conn)
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		verb, text, _ := strings.Cut(strings.TrimLeft(line, "\t"), " ")
		switch verb {
		case "":
		case "C:":
			got, err := in.ReadString('\n')
			if err != nil || got != text+"\r\n" {
				t.Errorf("the client sent %q (%v), due was %q", got, err, text)
				return
			}
		case "S:":
			if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
				return
			}
		case "s:":
			raw, err := strconv.Unquote(`"` + text + `"`)
			if err != nil {
				t.Errorf("script: %q: %v", line, err)
			}
			if _, err := io.WriteString(conn, raw); err != nil {
				return
			}
		case "TLS":
			secure := tls.Server(conn, config)
			if err := secure.Handshake(); err != nil {
				return
			}
			conn, in = secure, bufio.NewReader(secure)
		case "ANY":
			io.Copy(io.Discard, in)
		case "CUT":
			return
		default:
			t.Errorf("script: what is %q?", line)
		}
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		t.Errorf("the client sent %q behind the end of the script", rest)
	}
}

const greeted = "S: * OK [CAPABILITY IMAP4rev1] ready\n"

// dial plays the script, which begins with the greeting, to a new Conn.
func dial(t *testing.T, o Options, script string) *Conn {
	t.Helper()
	c, err := New(context.Background(), serve(t, script, nil), withHang(o))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func withHang(o Options) Options {
	if o.Timeout == 0 {
		o.Timeout = hang
	}
	return o
}

// wantBroken checks that the error has broken the connection and is of the protocol.
func wantBroken(t *testing.T, c *Conn, err error) {
	t.Helper()
	var p *ProtocolError
	if !errors.As(err, &p) {
		t.Errorf("error %v, want a *ProtocolError", err)
	}
	if c.Err() == nil {
		t.Error("the connection is not broken")
	}
}

func wantStatus(t *testing.T, err error, typ, code string) {
	t.Helper()
	var s *StatusError
	if !errors.As(err, &s) || s.Type != typ || string(s.Code) != code {
		t.Errorf("error %v, want a *StatusError %s [%s]", err, typ, code)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begins waits until so many octets are announced, and reads none of them.
func begins(t *testing.T, b *Body, octets int64) {
	t.Helper()
	leave, err := b.c.enter(ctx)
	check(t, err)
	defer leave()
	if err := b.arrive(); err != nil || b.size != octets {
		t.Errorf("%d octets are announced, want %d; error %v", b.size, octets, err)
	}
}
