package behaviour_test

import (
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

func lockCases() []behaviour {
	return []behaviour{
		{"lock of the device", lockDevice},
		{"lock of the account", lockAccount},
		{"no lock", lockNone},
	}
}

// inUse logs in with good credentials and must hear [IN-USE], which it may hear
// only then (RFC 2449 §8.1.2).
func inUse(t *testing.T, b *bridge.Bridge, login, password string) {
	t.Helper()
	c := bridge.Dial(t, b.Address("pop3"))
	c.OK("USER " + login)
	if text := c.Err("PASS " + password); !strings.HasPrefix(text, "[IN-USE] ") {
		t.Errorf("login as %s: %q, want [IN-USE]", login, text)
	}
	c.Quit()
}

const separator = "login:\n  device_separator: \"+\"\n"

// lockDevice is the default: each device once, and the account itself is one.
func lockDevice(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(2)
	b := a.serveWith(t, separator)
	c, other := a.device(t, b), a.named(t, b, "other")
	inUse(t, b, a.login, a.password)
	inUse(t, b, withDevice(a.login, "other"), a.password)
	wrong := bridge.Dial(t, b.Address("pop3"))
	wrong.OK("USER " + a.login)
	if text := wrong.Err("PASS wrong"); !strings.HasPrefix(text, "[AUTH] ") {
		t.Errorf("a wrong password while the lock is held: %q, want [AUTH]", text)
	}
	c.Quit()
	again := a.device(t, b)
	again.Quit()
	other.Cut()
	b.AwaitTimes("session ended", 3)
	a.named(t, b, "other").Quit()
}

// lockAccount lets one session in, whatever its device.
func lockAccount(t *testing.T, s *site) {
	a := s.account(t)
	b := a.serveWith(t, separator+maildrop("default", "lock: account"))
	c := a.named(t, b, "one")
	inUse(t, b, a.login+"+two", a.password)
	inUse(t, b, a.login, a.password)
	c.Quit()
	a.named(t, b, "two").Quit()
}

// lockNone lets all in; each has its frozen view, and a message that both delete
// is deleted once.
func lockNone(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(2)
	b := a.serveWith(t, maildrop("default", "lock: none", "on_delete: expunge"))
	c, other := a.device(t, b), a.device(t, b)
	c.OK("DELE 1")
	c.Quit()
	expect(t, "LIST of the other session", strings.Fields(other.OK("STAT"))[0], "2")
	other.OK("DELE 1")
	other.OK("DELE 2")
	other.Quit()
	c = a.device(t, b)
	expect(t, "STAT", c.OK("STAT"), "0 0")
	c.Quit()
}

// TestLockTakeover: a silent session yields its lock. Its connection ends, and
// what it had marked stays. It waits for the time to pass and measures nothing.
func TestLockTakeover(t *testing.T) {
	a := embedded(t)
	a.fill(2)
	b := a.serve(t, "lock_takeover: 1s")
	silent := a.device(t, b)
	silent.OK("DELE 1")
	inUse(t, b, a.login, a.password)
	var c *bridge.Client
	for end := time.Now().Add(time.Minute); c == nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the lock was not taken over within a minute")
		}
		c = tryLogin(t, b, a)
	}
	expect(t, "STAT of the new session", strings.Fields(c.OK("STAT"))[0], "2")
	if rest := silent.Rest(); strings.Contains(rest, "+OK") {
		t.Errorf("the silent session got %q", rest)
	}
	c.Quit()
	if got := len(a.w.UIDs("INBOX")); got != 2 {
		t.Errorf("%d messages are left, want 2", got)
	}
}

// tryLogin is a device's poll; nil where it heard [IN-USE].
func tryLogin(t *testing.T, b *bridge.Bridge, a *account) *bridge.Client {
	t.Helper()
	c := bridge.Dial(t, b.Address("pop3"))
	c.OK("USER " + a.login)
	c.Send("PASS " + a.password + "\r\n")
	if line := c.Line(); strings.HasPrefix(line, "-ERR [IN-USE] ") {
		c.Quit()
		return nil
	} else if !strings.HasPrefix(line, "+OK") {
		t.Fatalf("login: %q", line)
	}
	return c
}
