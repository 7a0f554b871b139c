package liars_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// actor is one upstream of a stage: the server behind it and what the
// configuration says of it.
type actor struct {
	name    string // u0, u1, …
	server  *liars.Server
	address string // instead of the server's
	tls     string // none where empty
	caFile  string
	drop    string // on_delete; trash where empty
	timeout string
	reuse   string // 0s where empty: each session has a connection of its own
	single  bool   // nothing is read ahead
}

func (a *actor) user() string { return "alice@" + a.name + ".test" }

// stage is one popbridge in front of many upstreams, one for each actor; a
// login's domain chooses.
type stage struct {
	*bridge.Bridge
	t testing.TB
}

func newStage(t testing.TB, actors []*actor) *stage {
	t.Helper()
	var ups, routes strings.Builder
	for i, a := range actors {
		a.name = fmt.Sprintf("u%d", i)
		address, drop := a.address, a.drop
		if address == "" {
			address = a.server.Address()
		}
		if drop == "" {
			drop = "trash"
		}
		if a.single {
			drop += "-single"
		}
		fmt.Fprintf(&ups, "  %s: {address: %q, tls: %s, ca_file: %q, timeout: %s, reuse: %s}\n", a.name, address,
			orElse(a.tls, "none"), a.caFile, orElse(a.timeout, "30s"), orElse(a.reuse, "0s"))
		fmt.Fprintf(&routes, "  - {user: \"*@%s.test\", upstream: %s, maildrop: %s}\n", a.name, a.name, drop)
	}
	var drops strings.Builder
	for _, action := range []string{"trash", "archive", "expunge", "flag", "hide"} {
		fmt.Fprintf(&drops, "  %s: {on_delete: %s, on_retrieve: seen, lock: none}\n", action, action)
		fmt.Fprintf(&drops, "  %s-single: {on_delete: %s, on_retrieve: seen, lock: none, prefetch: \"0\"}\n", action, action)
	}
	drops.WriteString("  trash-keep: {on_delete: trash, lock: none, trash_full: keep}\n")
	config := "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n" +
		"limits: {connections_per_ip: 1000, failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\nstate: {driver: memory}\n" +
		"upstream:\n" + ups.String() + "maildrop:\n" + drops.String() + "route:\n" + routes.String()
	return &stage{Bridge: bridge.Start(t, config, liars.Password), t: t}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// device is a client that remembers every octet that it was sent.
type device struct {
	*bridge.Client
	heard *recorder
}

type recorder struct {
	net.Conn
	mu  sync.Mutex
	all []byte
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, p[:n]...)
	return n, err
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.all)
}

// dial connects a device and takes the greeting.
func (s *stage) dial(t testing.TB) device {
	t.Helper()
	nc, err := net.Dial("tcp", s.Address("pop3"))
	if err != nil {
		t.Fatal(err)
	}
	heard := &recorder{Conn: nc}
	d := device{Client: bridge.Use(t, heard), heard: heard}
	d.Expect("+OK")
	return d
}

// pass logs in and gives the whole answer to PASS.
func (d device) pass(user string) string {
	d.OK("USER " + user)
	d.Send("PASS " + liars.Password + "\r\n")
	return d.Line()
}

// login is dial and pass, which has to succeed.
func (s *stage) login(t testing.TB, a *actor) device {
	t.Helper()
	return s.loginAs(t, a.user())
}

func (s *stage) loginAs(t testing.TB, user string) device {
	t.Helper()
	d := s.dial(t)
	if got := d.pass(user); !strings.HasPrefix(got, "+OK") {
		t.Fatalf("%s: login: %s", user, got)
	}
	return d
}

// command sends a line and gives everything that the device hears in answer: a
// line, a whole multi-line answer, or what was left when the connection ended.
// whole tells the difference.
func (d device) command(line string, multi bool) (answer string, whole bool) {
	if _, err := io.WriteString(d.heard, line+"\r\n"); err != nil {
		return "", false
	}
	before := len(d.heard.String())
	var buf [4096]byte
	for {
		n, err := d.heard.Read(buf[:])
		_ = n
		answer = d.heard.String()[before:]
		if strings.HasPrefix(answer, "-ERR") || !multi {
			if strings.HasSuffix(answer, "\r\n") {
				return answer, true
			}
		} else if strings.HasSuffix(answer, "\r\n.\r\n") {
			return answer, true
		}
		if err != nil {
			return answer, false
		}
	}
}

// texts are the messages of a mailbox in order.
func texts(b *liars.Mailbox) (list []string) {
	for _, m := range b.Messages {
		list = append(list, m.Text)
	}
	return list
}

// untouched fails where an INBOX is not what NewMail made, \Seen apart.
func untouched(t testing.TB, a *actor) {
	t.Helper()
	a.server.Mail(func(m *liars.Mail) {
		fresh := liars.NewMail()
		for _, box := range fresh.Boxes {
			if got := texts(m.Box(box.Name)); !slices.Equal(got, texts(box)) {
				t.Errorf("%s: %s holds %q, want %q", a.name, box.Name, got, texts(box))
			}
		}
		for _, msg := range m.Inbox().Messages {
			if msg.Has(`\Deleted`) != (msg.UID == liars.Bystander) || msg.Has("$POP3Deleted") {
				t.Errorf("%s: UID %d carries %q", a.name, msg.UID, msg.Flags)
			}
		}
	})
}

// healthy is a session in which everything works.
func (s *stage) healthy(t testing.TB, a *actor) {
	t.Helper()
	d := s.login(t, a)
	want := liars.NewMail().Inbox().Messages[0].Text
	if got := string(d.Message("RETR 1")); got != want {
		t.Errorf("%s: RETR 1 gives %q, want %q", a.name, got, want)
	}
	d.Quit()
}

// polite fails where a proxy said what no proxy may say upstream.
func polite(t testing.TB, a *actor) {
	t.Helper()
	for _, c := range a.server.Commands() {
		verb, _, _ := strings.Cut(strings.ToUpper(c), " ")
		switch verb {
		case "EXPUNGE", "CLOSE", "STORE", "FETCH", "COPY", "MOVE", "DELETE", "RENAME":
			t.Errorf("%s: the upstream was sent %q", a.name, c)
		}
	}
}
