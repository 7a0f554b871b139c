package state_test

import (
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestKick: what is typed at one place ends sessions on every popbridge that
// shares the ledger; nothing is deleted, and devices may come again at once.
func TestKick(t *testing.T) {
	const user, other = "kim@example.org", "lea@example.org"
	for _, d := range drivers(t) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			mail := dovecot(t, []string{user, other}, "")
			messages := servers.Messages(3)
			w := witness(t, mail, user)
			w.Fill("INBOX", messages)
			start := func() *bridge.Bridge { return d.serve(t, mail.IMAP, separator) }
			here := start()
			there := here
			if d.name == "postgres" {
				there = start()
			}
			phone, scanner, stranger := login(t, here, user, "phone"), login(t, there, user, "scanner"), login(t, there, other, "")
			for _, c := range []*bridge.Client{phone, scanner} {
				c.OK("DELE 1")
			}
			kick(t, here, 1, user, "--device", "printer")
			bridge.Has(t, kick(t, here, 0, user, "--device", "scanner"), "1 session of device scanner of "+user)
			expect(t, "the kicked session is told", scanner.Rest(), "")
			there.AwaitLine("the session is ended", "device=scanner", "popbridge kick")
			phone.OK("NOOP")
			// The lock of a session that was kicked ends with it, a moment after its
			// connection.
			scanner = patientLogin(t, there, user, "scanner")
			bridge.Has(t, kick(t, there, 0, user, "--json"), `"sessions": 2`)
			// A login that begins after the command has ended is not hit by it.
			again := login(t, here, user, "tablet")
			expect(t, "the kicked session is told", phone.Rest(), "")
			expect(t, "the kicked session is told", scanner.Rest(), "")
			again.OK("NOOP")
			again.Quit()
			stranger.Quit()
			holds(t, w, "INBOX", messages)
		})
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		mail := dovecot(t, []string{user}, "")
		b := bridge.Start(t, bridge.YAML(mail.IMAP, "none", "", "state:\n  driver: memory\n"))
		kick(t, b, 2, user)
	})
}

// kick runs the command, which has to end with this code, and gives what it has said.
func kick(t *testing.T, b *bridge.Bridge, code int, args ...string) string {
	t.Helper()
	c := bridge.Run(t, append([]string{"kick", "--config", b.Config}, args...))
	if got := c.Wait(); got != code {
		t.Fatalf("kick %q ended with %d, want %d:\n%s", args, got, code, c.Output())
	}
	return c.Output()
}
