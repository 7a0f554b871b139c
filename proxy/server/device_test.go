package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// patience turns a hang into a failure; no test depends on its length.
const patience = 30 * time.Second

// tester is what testing.T and rapid.T have in common here.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// configuration has one listener on loopback that takes plain text passwords.
func configuration() *configs.Config {
	return &configs.Config{
		Login: configs.Login{Lowercase: true, DeviceSeparator: "+"},
		Listener: map[string]configs.Listener{"pop3": {
			Name: "pop3", Address: "127.0.0.1:0", TLS: configs.TLSNone, PlaintextAuth: true, Last: true,
			PlaintextNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		}},
		Upstream: map[string]configs.Upstream{"mail": {Name: "mail"}},
		Maildrop: map[string]configs.Maildrop{"default": {Name: "default", Mailbox: configs.Mailboxes{"INBOX"}}},
		Limits: configs.Limits{
			Connections: 100, ConnectionsPerIP: 100, LoginTimeout: patience, IdleTimeout: patience, BadCommands: 20,
		},
	}
}

func glob(t *testing.T, text string) configs.Glob {
	t.Helper()
	g, err := configs.ParseGlob(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// serve runs a server on loopback; stop waits until all its sessions are over.
func serve(t tester, log hclog.Logger, b backend.Backend, cfg *configs.Config) (addr string, stop func()) {
	t.Helper()
	server, stop := serving(t, log, b, cfg)
	return server.Addresses()["pop3"].String(), stop
}

// serving is serve for a test that talks to the server too.
func serving(t tester, log hclog.Logger, b backend.Backend, cfg *configs.Config) (server *Server, stop func()) {
	t.Helper()
	server = New(log, b)
	if err := server.Configure(cfg); err != nil {
		t.Fatal(err)
	}
	return server, func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// device is a POP3 client that reads what it is told and no more.
type device struct {
	tester
	nc net.Conn
	r  *bufio.Reader
}

func dial(t tester, addr string) *device {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &device{t, nc, bufio.NewReader(nc)}
}

// connect is dial and the greeting.
func connect(t tester, addr string) *device {
	t.Helper()
	d := dial(t, addr)
	if greeting := d.line(); !strings.HasPrefix(greeting, "+OK") {
		t.Fatalf("greeting %q", greeting)
	}
	return d
}

func (d *device) close() { _ = d.nc.Close() }

func (d *device) send(text string) {
	d.Helper()
	if _, err := io.WriteString(d.nc, text); err != nil {
		d.Fatal(err)
	}
}

func (d *device) line() string {
	d.Helper()
	line, err := d.r.ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "\r\n") {
		d.Fatalf("%q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// says sends a command and expects a reply that begins with want.
func (d *device) says(command, want string) {
	d.Helper()
	d.send(command + "\r\n")
	if got := d.line(); !strings.HasPrefix(got, want) {
		d.Fatalf("%s: %q, want %q", command, got, want)
	}
}

// lines reads a multi-line answer behind its first line.
func (d *device) lines() (lines []string) {
	d.Helper()
	for {
		line := d.line()
		if line == "." {
			return lines
		}
		lines = append(lines, line)
	}
}

// rest reads until the connection is closed.
func (d *device) rest() string {
	d.Helper()
	rest, err := io.ReadAll(d.r)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		d.Fatalf("the connection stays open; it said %q", rest)
	}
	return string(rest)
}

func (d *device) logIn() {
	d.Helper()
	d.says("USER alice@example.org", "+OK")
	d.says("PASS secret", "+OK")
}

// quietly runs a server over a store for one test.
func quietly(t *testing.T, s *store, change func(*configs.Config)) (addr string) {
	t.Helper()
	cfg := configuration()
	if change != nil {
		change(cfg)
	}
	addr, stop := serve(t, hclog.NewNullLogger(), s.backend(), cfg)
	t.Cleanup(stop)
	return addr
}

// onDelete gives the default maildrop another action.
func onDelete(action translate.OnDelete) func(*configs.Config) {
	return func(c *configs.Config) {
		m := c.Maildrop["default"]
		m.OnDelete = action
		c.Maildrop["default"] = m
	}
}
