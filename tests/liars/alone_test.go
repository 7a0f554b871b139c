package liars_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// alone is one popbridge in front of one server, whose devices are told apart by
// "+" in the login. drop holds the settings of its maildrop.
func alone(t testing.TB, server *liars.Server, drop, routes string) *stage {
	t.Helper()
	return aloneWith(t, server, fmt.Sprintf("{driver: sqlite, source: %q}", filepath.Join(t.TempDir(), "state.db")), drop, routes)
}

// aloneWith is alone with another state store.
func aloneWith(t testing.TB, server *liars.Server, state, drop, routes string) *stage {
	t.Helper()
	config := "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n" +
		"limits: {connections_per_ip: 1000, failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\nlogin: {device_separator: \"+\"}\n" +
		"state: " + state + "\n" +
		fmt.Sprintf("upstream:\n  u0: {address: %q, tls: none, timeout: 30s, reuse: 0s}\n", server.Address()) +
		"maildrop:\n  default: {lock: none, " + drop + "}\n" + routes
	return &stage{Bridge: bridge.Start(t, config, liars.Password), t: t}
}

// ids are the lines of UIDL in a session of its own.
func (s *stage) ids(t testing.TB, user string) string {
	t.Helper()
	d := s.loginAs(t, user)
	defer d.Quit()
	return fmt.Sprint(d.Lines("UIDL"))
}

// broken says QUIT, which fails, and waits until the session has ended.
func broken(t testing.TB, d device) {
	t.Helper()
	if answer, _ := d.command("QUIT", false); !strings.HasPrefix(answer, "-ERR [SYS/TEMP]") {
		t.Fatalf("QUIT was to fail: %q", answer)
	}
	d.Rest()
}

// TestFirstLoginWhileQuitIsSettled: with first_login = new a new device sees
// nothing that was there before it, also where its login is the one that settles
// what another device's QUIT left undone. It may not be taken for a device that
// is known, and be given the whole mailbox.
func TestFirstLoginWhileQuitIsSettled(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	s := alone(t, server, "on_delete: trash, first_login: new", "")
	s.loginAs(t, "alice@x.test").Quit()
	server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: new\r\n\r\nx\r\n") })
	d := s.loginAs(t, "alice@x.test")
	d.OK("DELE 1")
	server.Lie(liars.Always("UID MOVE", liars.Die()))
	broken(t, d)
	server.Lie()
	d = s.loginAs(t, "alice+newcomer@x.test")
	if got := d.Lines("LIST"); len(got) != 0 {
		t.Errorf("the new device sees %q", got)
	}
	d.Quit()
}

// TestTwoLoginsTwoPages: where a device leads one account to another login of the
// same upstream, there are two mailboxes. What is hidden in one may not come back
// because the other has other messages, or none.
func TestTwoLoginsTwoPages(t *testing.T) {
	t.Parallel()
	for _, scans := range []int{0, 4} {
		t.Run(fmt.Sprintf("%d scans", scans), func(t *testing.T) {
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			s := alone(t, server, "on_delete: hide", "route:\n  - {device: \"?*\", account: \"{local}-{device}@{domain}\"}\n  - {}\n")
			d := s.loginAs(t, "alice@x.test")
			d.OK("DELE 1")
			d.OK("DELE 2")
			d.Quit()
			before := s.ids(t, "alice@x.test")
			var old liars.Mailbox
			server.Mail(func(m *liars.Mail) { // what alice-scanner has
				b := m.Inbox()
				old = *b
				b.Messages, b.UIDValidity, b.UIDNext = nil, 99, 1
				for i := range scans {
					b.Add(fmt.Sprintf("Subject: scan %d\r\n\r\nx\r\n", i))
				}
			})
			d = s.loginAs(t, "alice+scanner@x.test")
			if got := d.Lines("LIST"); len(got) != scans {
				t.Errorf("the scanner sees %q", got)
			}
			d.Quit()
			server.Mail(func(m *liars.Mail) { *m.Inbox() = old })
			if after := s.ids(t, "alice@x.test"); after != before {
				t.Errorf("before the scanner's login %s, after it %s", before, after)
			}
		})
	}
}
