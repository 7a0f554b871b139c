package behaviour_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
)

func cutCases() []behaviour {
	return []behaviour{
		{"a session cut anywhere deletes nothing", cutAnywhere},
		{"what sets seen", seen},
	}
}

// cutAnywhere: a session that ends without a whole QUIT removes nothing (RFC
// 1939 §6), wherever it ends.
func cutAnywhere(t *testing.T, s *site) {
	a := s.account(t)
	a.w.Append([]byte("Subject: small\r\n\r\nsmall\r\n"))
	a.w.Append(append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("thirty-two octets on every line\r\n"), 200_000)...))
	uids := a.w.UIDs("INBOX")
	b := a.serve(t, "on_delete: expunge")
	for i, cut := range []struct {
		name string
		do   func(*bridge.Client)
	}{
		{"after DELE", func(*bridge.Client) {}},
		{"in the middle of RETR", func(c *bridge.Client) {
			c.Send("RETR 2\r\n")
			c.Expect("+OK")
			c.Expect("Subject: large")
		}},
		{"in the middle of TOP", func(c *bridge.Client) {
			c.Send("TOP 2 100000\r\n")
			c.Expect("+OK")
		}},
		{"in QUIT", func(c *bridge.Client) { c.Send("QUIT") }},
		{"in QUIT, before LF", func(c *bridge.Client) { c.Send("QUIT\r") }},
		{"in the next command", func(c *bridge.Client) { c.Send("DEL") }},
	} {
		c := a.device(t, b)
		c.OK("DELE 1")
		cut.do(c)
		c.Cut()
		b.AwaitTimes("session ended", i+1)
		a.holds(t, "INBOX", uids...)
		a.flagged(t, uids[0])
		a.flagged(t, uids[1])
		if t.Failed() {
			t.Fatalf("cut %s", cut.name)
		}
	}
}

// seen: \Seen is set for what was retrieved whole, at QUIT and also without it,
// and for nothing else.
func seen(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(5)
	uids := a.w.UIDs("INBOX")
	b := a.serve(t)

	c := a.device(t, b)
	c.Message("TOP 1 0")
	c.Message("TOP 1 99999999")
	c.Message("RETR 2")
	a.flagged(t, uids[1])
	c.Quit()

	c = a.device(t, b)
	c.Message("RETR 3")
	c.OK("DELE 4")
	c.Cut()
	b.AwaitTimes("session ended", 2)

	c = a.device(t, b)
	c.Message("RETR 5")
	c.OK("RSET")
	c.Quit()

	for i, want := range [][]imap.Flag{nil, {imap.FlagSeen}, {imap.FlagSeen}, nil, {imap.FlagSeen}} {
		a.flagged(t, uids[i], want...)
	}
	if t.Failed() {
		return
	}

	b = a.serve(t, "on_retrieve: nothing")
	c = a.device(t, b)
	for n := range uids {
		c.Message(fmt.Sprintf("RETR %d", n+1))
	}
	c.Quit()
	a.flagged(t, uids[0])
}
