package logins_test

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestDevicePasswords: two devices of one account log in every way there is, with
// passwords of their own and without naming themselves. Each is known by its
// password: what one hides the other still sees.
func TestDevicePasswords(t *testing.T) {
	t.Parallel()
	s := devices(t, masterDovecot(t, 3).IMAP, plan{})
	scanner, phone := s.give("scanner", "--apop", "--label", "2nd floor"), s.give("phone", "--apop")
	c := bridge.Login(t, s.Address("pop3"), alice, scanner)
	c.OK("DELE 1")
	c.Quit()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			for _, d := range []struct {
				name, password string
				sees           int
			}{{alice, scanner, 2}, {alice, phone, 3}, {"Alice+phone@example.org", phone, 3}} {
				c, reply := w.in(t, s.Address("pop3"), d.name, d.password)
				if !strings.HasPrefix(reply, "+OK") {
					t.Fatalf("%s: %q", d.name, reply)
				}
				if got := len(c.Lines("LIST")); got != d.sees {
					t.Errorf("%s sees %d messages, want %d", d.name, got, d.sees)
				}
				c.Quit()
			}
			for name, wrong := range map[string]string{
				alice: phone[1:] + phone[:1], "alice+scanner@example.org": phone, "alice+other@example.org": phone, "bob@example.org": phone,
			} {
				c, reply := w.in(t, s.Address("pop3"), name, wrong)
				if reply != "-ERR [AUTH] authentication failed" {
					t.Errorf("%s with a wrong password: %q", name, reply)
				}
				c.Cut()
			}
		})
	}
	// The log, and nobody else, is told what was wrong with a password that is known.
	s.AwaitLine("login refused", "alice+scanner@example.org", `it is that of device \"phone\", and the login names device \"scanner\"`)
	s.AwaitLine("login refused", "alice+other@example.org", `it is that of device \"phone\", and the login names device \"other\"`)
	s.command(0, "account", "device", "revoke", alice, "scanner")
	s.refused("alice+scanner@example.org", scanner, "[AUTH]")
	s.AwaitLine("login refused", "alice+scanner@example.org", `it was that of device \"scanner\", and was revoked at `)
	s.refused("alice+scanner@example.org", scanner[1:]+scanner[:1], "[AUTH]")
	s.AwaitLine("login refused", "alice+scanner@example.org", `device \"scanner\" has none of its own since `)
	s.refused("alice+other@example.org", scanner[1:]+scanner[:1], "[AUTH]")
	s.AwaitLine("login refused", "alice+other@example.org", `device \"other\" was never given one`)
	s.refused(alice, scanner, "[AUTH]")
	s.AwaitLine("login refused", "user="+alice, `it was that of device \"scanner\", and was revoked at `)
	scanner = s.give("scanner", "--apop", "--label", "2nd floor")
	s.sees("alice+scanner@example.org", scanner, 2)
	// The owner's own password opens nothing here.
	s.refused(alice, userPassword, "[AUTH]")
	out := s.command(0, "account", "device", "list", alice)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "scanner") && (!strings.Contains(line, "its own, for APOP too: 2nd floor") || strings.HasSuffix(strings.TrimSpace(line), "never")) {
			t.Errorf("the list says %s", line)
		}
	}
}

// TestEither: an upstream password and a device password, side by side.
func TestEither(t *testing.T) {
	t.Parallel()
	s := devices(t, masterDovecot(t, 2).IMAP, plan{login: "either"})
	scanner := s.give("scanner")
	c := bridge.Login(t, s.Address("pop3"), alice, scanner)
	c.OK("DELE 1")
	c.Quit()
	s.sees(alice, userPassword, 2)
	s.sees(alice, scanner, 1)
	// A master user opens every mailbox: what is wrong must reach nothing that he
	// has opened, parked connections of the right password least of all.
	for _, wrong := range []string{"wrong", scanner[1:] + scanner[:1], masterPassword, "x" + userPassword} {
		s.refused(alice, wrong, "[AUTH]")
	}
	s.command(0, "account", "device", "revoke", alice, "scanner")
	s.refused(alice, scanner, "[AUTH]")
	// The log tells it from a password that was mistyped.
	s.AwaitLine("login refused", "user="+alice, `it was that of device \"scanner\", and was revoked at `, "AUTHENTICATIONFAILED")
	phone := s.give("phone")
	s.refused("alice+scanner@example.org", phone, "[AUTH]")
	s.AwaitLine("login refused", "alice+scanner@example.org", `it is that of device \"phone\", and the login names device \"scanner\"`)
	s.sees(alice, userPassword, 2)
}

// TestWhatCannotProveAnUpstreamPassword: an APOP digest, or SCRAM,
// cannot prove a password of the upstream's.
func TestWhatCannotProveAnUpstreamPassword(t *testing.T) {
	t.Parallel()
	s := devices(t, masterDovecot(t, 0).IMAP, plan{login: "either"})
	for _, w := range ways[3:] {
		c, reply := w.in(t, s.Address("pop3"), alice, userPassword)
		if reply != "-ERR [AUTH] authentication failed" {
			t.Errorf("%s: %q", w.name, reply)
		}
		c.Cut()
	}
}
