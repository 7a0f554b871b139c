package behaviour_test

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

func loginCases() []behaviour {
	return []behaviour{
		{"login", login},
		{"session", session},
	}
}

// login: a wrong password and an unknown user get the same words (RFC 3206 §4,
// [AUTH]), and the right password still works on the same connection.
func login(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(2)
	b := a.serve(t)
	// Each try has a connection of its own: Courier lets a refusal wait for 5 s.
	var devices []*bridge.Client
	for _, try := range []struct{ user, password string }{
		{"nobody@example.org", a.password},
		{a.login, a.password + " "},
		{a.login, "wrong"},
	} {
		c := bridge.Dial(t, b.Address("pop3"))
		c.Send("USER " + try.user + "\r\nPASS " + try.password + "\r\n")
		devices = append(devices, c)
	}
	var refusals []string
	for _, c := range devices {
		c.Expect("+OK")
		refusals = append(refusals, c.Expect("-ERR "))
	}
	for _, text := range refusals {
		if !strings.HasPrefix(text, "-ERR [AUTH] ") || text != refusals[0] {
			t.Errorf("refusals differ or lack [AUTH]: %q", refusals)
		}
	}
	c := devices[2]
	c.OK("USER " + a.login)
	if got := c.OK("PASS " + a.password); !strings.HasPrefix(got, "2 messages") {
		t.Errorf("login says %q, want 2 messages", got)
	}
	c.Quit()
}

// session: each command of RFC 1939 once, with the answers an RFC reader expects.
func session(t *testing.T, s *site) {
	a := s.account(t)
	messages := a.fill(3)
	b := a.serve(t)
	c := a.device(t, b)
	total, sizes := 0, make([]int, len(messages))
	for i, m := range messages {
		sizes[i] = len(m)
		total += len(m)
	}
	expect(t, "STAT", c.OK("STAT"), line(3, total))
	expect(t, "LIST 2", c.OK("LIST 2"), line(2, sizes[1]))
	expectLines(t, "LIST", c.Lines("LIST"), line(1, sizes[0]), line(2, sizes[1]), line(3, sizes[2]))
	ids := c.Lines("UIDL")
	if len(ids) != 3 {
		t.Fatalf("UIDL: %q", ids)
	}
	expect(t, "UIDL 3", c.OK("UIDL 3"), ids[2])
	for i, m := range messages {
		expect(t, "RETR", string(c.Message("RETR "+digits(i+1))), string(m))
	}
	header, _, _ := strings.Cut(string(messages[0]), "\r\n\r\n")
	expect(t, "TOP 1 0", string(c.Message("TOP 1 0")), header+"\r\n\r\n")
	c.OK("NOOP")
	c.Err("LAST")
	c.OK("DELE 1")
	c.Err("DELE 1")
	c.Err("RETR 1")
	c.Err("LIST 4")
	c.Err("RETR 0")
	expect(t, "STAT after DELE", c.OK("STAT"), line(2, total-sizes[0]))
	c.OK("RSET")
	expect(t, "STAT after RSET", c.OK("STAT"), line(3, total))
	c.Quit()
	if got := len(a.w.UIDs("INBOX")); got != 3 {
		t.Errorf("%d messages are left after RSET and QUIT, want 3", got)
	}

	c = a.device(t, b)
	expectLines(t, "UIDL in the next session", c.Lines("UIDL"), ids...)
	c.Quit()
}
