package server

import (
	"context"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// TestEnd: the sessions of an account or of one device end without an answer, and
// nothing that they have marked is deleted, not even by a QUIT that was on its way.
func TestEnd(t *testing.T) {
	s := newStore("a\r\n", "b\r\n")
	server, addr := running(t, s.backend())
	enter := func(user string) *device {
		d := connect(t, addr)
		t.Cleanup(d.close)
		d.says("USER "+user, "+OK")
		d.says("PASS secret", "+OK")
		d.says("DELE 1", "+OK")
		return d
	}
	alice, scanner, bob := enter("alice@example.org"), enter("alice+Scanner@example.org"), enter("bob@example.org")
	for _, c := range []struct {
		account, device string
		want            int
	}{{"carol@example.org", "", 0}, {"alice@example.org", "printer", 0}, {"", "", 0}, {"alice@example.org", "SCANNER", 1}} {
		if got := server.End(c.account, c.device, "a test"); got != c.want {
			t.Errorf("End of %q and device %q: %d sessions, want %d", c.account, c.device, got, c.want)
		}
	}
	if rest := scanner.rest(); rest != "" {
		t.Errorf("the ended session was told %q", rest)
	}
	alice.says("NOOP", "+OK")
	if got := server.End("alice@example.org", "", "a test"); got < 1 {
		t.Errorf("%d sessions of the account were ended", got)
	}
	if rest := alice.rest(); rest != "" {
		t.Errorf("the ended session was told %q", rest)
	}
	bob.says("NOOP", "+OK")
	if ops, _, _ := s.state(); len(ops) > 0 {
		t.Errorf("ended sessions have done %+v", ops)
	}
	bob.says("QUIT", "+OK")
	if ops, _, _ := s.state(); len(ops) == 0 {
		t.Error("a session that was not ended has deleted nothing")
	}
}

// TestEndOfALogin: what is asked before a login is done before it begins; what is
// asked while it is under way ends it.
func TestEndOfALogin(t *testing.T) {
	s := newStore("a\r\n")
	b := s.backend()
	var server *Server
	during, caughtUp := false, 0
	b.Sync = func(context.Context) error {
		caughtUp++
		server.End("alice@example.org", "", "asked before")
		return nil
	}
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		if r.Owner != (translate.Login{Account: "alice@example.org", Device: "scanner"}) {
			t.Errorf("the mailbox is opened for %+v", r.Owner)
		}
		if during {
			server.End("alice@example.org", "scanner", "asked meanwhile")
		}
		return open(ctx, r)
	}
	server, addr := running(t, b)
	first := connect(t, addr)
	t.Cleanup(first.close)
	first.says("USER alice+scanner@example.org", "+OK")
	first.says("PASS secret", "+OK")
	if during = true; caughtUp != 1 {
		t.Errorf("the login has caught up %d times", caughtUp)
	}
	second := connect(t, addr)
	t.Cleanup(second.close)
	second.says("USER alice+scanner@example.org", "+OK")
	second.send("PASS secret\r\n")
	if rest := second.rest(); rest != "" {
		t.Errorf("a login that was ended was told %q", rest)
	}
}

// TestEndBeforeAQUIT: a QUIT that was sent before the session was ended, but not
// read yet, deletes nothing.
func TestEndBeforeAQUIT(t *testing.T) {
	s := newStore("a\r\n", "b\r\n")
	b := s.backend()
	var server *Server
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		m, err := open(ctx, r)
		return endsAtFetch{m, func() { server.End("alice@example.org", "", "a test") }}, err
	}
	server, addr := running(t, b)
	d := connect(t, addr)
	t.Cleanup(d.close)
	d.logIn()
	d.send("DELE 1\r\nRETR 2\r\nQUIT\r\n")
	if rest := d.rest(); rest != "" {
		t.Errorf("the ended session was told %q", rest)
	}
	if ops, _, log := s.state(); len(ops) > 0 || slices.Contains(log, "Intend") {
		t.Errorf("the ended session has done %+v: %v", ops, log)
	}
}

// endsAtFetch is a mailbox whose messages are gone, and whose session is ended
// when it asks for one.
type endsAtFetch struct {
	backend.Mailbox
	end func()
}

func (m endsAtFetch) Fetch(context.Context, translate.Message, iter.Seq[translate.Message], io.Writer) error {
	m.end()
	return translate.ErrGone
}

// running runs a server over a backend for one test.
func running(t *testing.T, b backend.Backend) (*Server, string) {
	t.Helper()
	return runningWith(t, b, configuration())
}

func runningWith(t *testing.T, b backend.Backend, cfg *configs.Config) (*Server, string) {
	t.Helper()
	server, stop := serving(t, hclog.NewNullLogger(), b, cfg)
	t.Cleanup(stop)
	return server, server.Addresses()["pop3"].String()
}
