package behaviour_test

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

func mailboxCases() []behaviour {
	return []behaviour{
		{"another mailbox", anotherMailbox},
		{"a mailbox by its special use", junk},
	}
}

// anotherMailbox: a device may see another mailbox than INBOX, and what it
// deletes there goes where INBOX's messages go.
func anotherMailbox(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(1)
	name := "Bestellungen & Größen"
	a.w.CreateMailbox(a.below + name)
	order := []byte("Subject: order\r\n\r\n.one\r\n")
	a.w.AppendTo(a.below+name, order)
	a.w.AppendTo(a.below+name, []byte("Subject: second order\r\n\r\ntwo\r\n"))
	b := a.serve(t, `mailbox: "`+name+`"`)
	c := a.device(t, b)
	expect(t, "RETR 1", string(c.Message("RETR 1")), string(order))
	c.OK("DELE 1")
	c.Quit()
	c = a.device(t, b)
	if got := len(c.Lines("LIST")); got != 1 {
		t.Errorf("%d messages are left, want 1", got)
	}
	c.Quit()
	trashed := a.w.UIDs(a.trash)
	if len(trashed) != 1 {
		t.Fatalf("%s holds %d messages, want 1", a.trash, len(trashed))
	}
	expect(t, "the message in the trash", string(a.w.Raw(a.trash, trashed[0])), string(order))
	if got := len(a.w.UIDs("INBOX")); got != 1 {
		t.Errorf("INBOX holds %d messages, want its own one", got)
	}
}

// junk: a mailbox named by its special use. Where no mailbox has it, one with
// the customary name is taken, and without one the login is refused as an
// operator's mistake, not as a wrong password.
func junk(t *testing.T, s *site) {
	a := s.account(t)
	b := a.serve(t, `mailbox: '\Junk'`)
	name := a.junk
	if name == "" {
		c := bridge.Dial(t, b.Address("pop3"))
		c.OK("USER " + a.login)
		if text := c.Err("PASS " + a.password); !strings.HasPrefix(text, "[SYS/PERM]") {
			t.Errorf("without a junk mailbox: %q, want [SYS/PERM]", text)
		}
		c.Quit()
		b.Await("[ERROR]")
		name = a.below + "Junk"
		a.w.CreateMailbox(name)
	}
	spam := []byte("Subject: cheap\r\n\r\ncheap\r\n")
	a.w.AppendTo(name, spam)
	c := a.device(t, b)
	expect(t, "RETR 1", string(c.Message("RETR 1")), string(spam))
	c.Quit()
}
