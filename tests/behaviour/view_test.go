package behaviour_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func viewCases() []behaviour {
	return []behaviour{
		{"numbers do not shift", numbers},
		{"the view is frozen", frozen},
		{"messages marked by others", markedByOthers},
	}
}

// numbers: a message keeps its number whatever is marked before it.
func numbers(t *testing.T, s *site) {
	a := s.account(t)
	messages := a.fill(5)
	b := a.serve(t)
	c := a.device(t, b)
	ids := c.Lines("UIDL")
	c.OK("DELE 2")
	c.OK("DELE 4")
	expectLines(t, "UIDL", c.Lines("UIDL"), ids[0], ids[2], ids[4])
	expectLines(t, "LIST", c.Lines("LIST"), line(1, len(messages[0])), line(3, len(messages[2])), line(5, len(messages[4])))
	for _, n := range []int{1, 3, 5} {
		expect(t, "RETR "+digits(n), string(c.Message("RETR "+digits(n))), string(messages[n-1]))
	}
	c.OK("RSET")
	expectLines(t, "UIDL after RSET", c.Lines("UIDL"), ids...)
	c.Quit()
}

// frozen: what other clients add and remove shows in the next session. In this
// one a removed message is -ERR, its number stays, and marking it harms nobody.
func frozen(t *testing.T, s *site) {
	a := s.account(t)
	messages := a.fill(5)
	uids := a.w.UIDs("INBOX")
	b := a.serve(t)
	c := a.device(t, b)
	stat, list, ids := c.OK("STAT"), c.Lines("LIST"), c.Lines("UIDL")

	late := a.w.Append([]byte("Subject: late\r\n\r\nlate\r\n"))
	a.w.Remove("INBOX", uids[1], uids[3])

	expect(t, "STAT", c.OK("STAT"), stat)
	for _, n := range []int{1, 3, 5} {
		expect(t, "RETR "+digits(n), string(c.Message("RETR "+digits(n))), string(messages[n-1]))
	}
	for _, command := range []string{"RETR 2", "TOP 2 0", "RETR 4"} {
		if text := c.Err(command); strings.HasPrefix(text, "[") {
			t.Errorf("%s of a removed message: %q: no response code fits", command, text)
		}
	}
	c.Err("RETR 6")
	expectLines(t, "LIST", c.Lines("LIST"), list...)
	expectLines(t, "UIDL", c.Lines("UIDL"), ids...)
	c.OK("DELE 4")
	c.Quit()
	a.holds(t, "INBOX", uids[0], uids[2], uids[4], late)

	c = a.device(t, b)
	after := c.Lines("UIDL")
	if len(after) != 4 {
		t.Fatalf("UIDL in the next session: %q", after)
	}
	for i, was := range []int{0, 2, 4} {
		expect(t, "unique-id of a message that stayed", after[i][2:], ids[was][2:])
	}
	expect(t, "the late message", string(c.Message("RETR 4")), "Subject: late\r\n\r\nlate\r\n")
	c.Quit()
}

// markedByOthers: a message that another client has marked \Deleted is not
// shown, and comes back when the mark is taken away.
func markedByOthers(t *testing.T, s *site) {
	a := s.account(t)
	messages := a.fill(3)
	uids := a.w.UIDs("INBOX")
	a.w.Store("INBOX", uids[1], imap.StoreFlagsAdd, imap.FlagDeleted)
	b := a.serve(t)
	c := a.device(t, b)
	ids := c.Lines("UIDL")
	if len(ids) != 2 {
		t.Fatalf("UIDL: %q, want the two that are not marked", ids)
	}
	expect(t, "RETR 2", string(c.Message("RETR 2")), string(messages[2]))
	c.Quit()
	a.flagged(t, uids[1], imap.FlagDeleted)

	a.w.Store("INBOX", uids[1], imap.StoreFlagsDel, imap.FlagDeleted)
	c = a.device(t, b)
	again := c.Lines("UIDL")
	if len(again) != 3 || again[0] != ids[0] || again[2][2:] != ids[1][2:] {
		t.Errorf("UIDL after the mark was taken away: %q, before: %q", again, ids)
	}
	expect(t, "RETR 2", string(c.Message("RETR 2")), string(messages[1]))
	c.Quit()
}
