package fast

import (
	"syscall"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestTermSaysFarewell to every parked connection.
func TestTermSaysFarewell(t *testing.T) {
	s := liars.New(t, liars.Options{})
	b := start(t, config{address: s.Address(), reuse: "1h", prefetch: "1MB"})
	for _, user := range []string{"alice", "bob", "carol"} {
		poll(t, b, user)
	}
	if n := s.Connections(); n != 3 {
		t.Errorf("%d connections are parked, want 3", n)
	}
	b.Signal(syscall.SIGTERM)
	if code := b.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	until(t, "no connection", func() bool { return s.Connections() == 0 })
	if n := s.Sent("LOGOUT"); n != 3 {
		t.Errorf("%d LOGOUT, want 3", n)
	}
}

// TestReloadEndsParked where it changes the upstream, and only there. A session
// stays with the upstream that it began with.
func TestReloadEndsParked(t *testing.T) {
	old, moved := liars.New(t, liars.Options{}), liars.New(t, liars.Options{})
	c := config{address: old.Address(), reuse: "1h", prefetch: "1MB"}
	b := start(t, c)
	poll(t, b, "alice")
	c.reuse, c.prefetch = "30m", "0"
	if !b.Reload(c.String()) {
		t.Fatal("a good configuration was refused")
	}
	poll(t, b, "alice")
	if old.Logins() != 1 || old.Sent("LOGOUT") != 0 {
		t.Errorf("a reload that leaves the upstream alone ended what was parked: %d logins, %d LOGOUT", old.Logins(), old.Sent("LOGOUT"))
	}
	running := login(t, b, "bob")
	c.address = moved.Address()
	if !b.Reload(c.String()) {
		t.Fatal("a good configuration was refused")
	}
	until(t, "alice's connection is gone", func() bool { return old.Connections() == 1 && old.Sent("LOGOUT") == 1 })
	poll(t, b, "alice")
	if got := string(running.Message("RETR 1")); got != text(old, 11) {
		t.Errorf("RETR 1 over the reload gives %q", got)
	}
	running.Quit()
	until(t, "bob's too", func() bool { return old.Connections() == 0 && old.Sent("LOGOUT") == 2 })
	if moved.Logins() != 1 {
		t.Errorf("%d logins at the new address, want 1", moved.Logins())
	}
}

// TestSilentDevicesLetGo: devices that say nothing hold no connections but those
// that may be parked; each goes on as if nothing had been.
func TestSilentDevicesLetGo(t *testing.T) {
	s := liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}})
	b := start(t, config{address: s.Address(), reuse: "1h", prefetch: "1MB", upstream: ", parked: 8"}) // a quarter for silent sessions
	users := []string{"alice", "bob", "carol", "dave", "erin", "frank"}
	devices := make(map[string]*bridge.Client)
	for _, user := range users {
		c := login(t, b, user)
		c.Message("RETR 2")
		devices[user] = c
	}
	devices["frank"].Send("RETR ") // and no more for now
	if n := s.Connections(); n != len(users) {
		t.Errorf("%d connections for %d devices that have just said something", n, len(users))
	}
	until(t, "two connections are parked, the others gone", func() bool { return s.Connections() == 2 && s.Sent("LOGOUT") == len(users)-2 })
	poll(t, b, "frank") // takes the parked one, if it is there
	for _, user := range users[:4] {
		if got := string(devices[user].Message("RETR 1")); got != text(s, 11) {
			t.Errorf("%s: RETR 1 gives %q", user, got)
		}
	}
	devices["frank"].Send("3\r\n")
	devices["frank"].Expect("+OK")
	if got := string(devices["frank"].Body()); got != text(s, 14) {
		t.Errorf("RETR 3 in two pieces gives %q", got)
	}
	devices["alice"].OK("DELE 3")
	devices["alice"].Quit()
	if text(s, 14) != "" {
		t.Error("DELE 3 and QUIT of a session that had let go did not delete")
	}
	s.Hangup()
	s.Mail(func(m *liars.Mail) { m.Inbox().UIDValidity++ })
	devices["erin"].Err("RETR 1") // its UIDs mean nothing any more
	devices["erin"].OK("STAT")
	devices["bob"].Quit()
}
