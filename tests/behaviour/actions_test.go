package behaviour_test

import (
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
)

// keyword is what on_delete = "flag" sets, as the operator's manual names it.
const keyword imap.Flag = "$POP3Deleted"

func actionCases() []behaviour {
	return []behaviour{
		{"expunge", expunge},
		{"trash", trash},
		{"archive", archive},
		{"flag", flag},
		{"hide", hide},
		{"trash_mailbox", trashMailbox},
		{"a removed message is deleted", deleteGone},
	}
}

// deletion is a mailbox of five messages, of which another client has marked the
// third. The device deletes its second and fourth: those with UID 2 and 5.
type deletion struct {
	*account
	b        *bridge.Bridge
	messages [][]byte
	uids     []imap.UID
	quit     string // what QUIT was answered
}

func deleteTwo(t *testing.T, s *site, keys ...string) *deletion {
	t.Helper()
	a := s.account(t)
	d := &deletion{account: a, messages: a.fill(5)}
	d.uids = a.w.UIDs("INBOX")
	a.w.Store("INBOX", d.uids[2], imap.StoreFlagsAdd, imap.FlagDeleted)
	d.b = a.serveWith(t, "login:\n  device_separator: \"+\"\n"+maildrop("default", keys...))
	c := a.device(t, d.b)
	c.OK("DELE 2")
	c.OK("DELE 4")
	// DELE only marks: nothing may show before QUIT.
	a.holds(t, "INBOX", d.uids...)
	for _, i := range []int{0, 1, 3, 4} {
		a.flagged(t, d.uids[i])
	}
	d.quit = c.OK("QUIT")
	c.Rest()
	return d
}

// othersUntouched: what was not deleted is there as it was. The message that
// another client has marked is not expunged with those of the device.
func (d *deletion) othersUntouched(t *testing.T) {
	t.Helper()
	d.flagged(t, d.uids[0])
	d.flagged(t, d.uids[2], imap.FlagDeleted)
	d.flagged(t, d.uids[3])
}

// removed: the two messages have left INBOX, or, where the server cannot remove
// single messages, are marked there.
func (d *deletion) removed(t *testing.T) {
	t.Helper()
	d.othersUntouched(t)
	if d.expunges {
		d.holds(t, "INBOX", d.uids[0], d.uids[2], d.uids[3])
		return
	}
	d.holds(t, "INBOX", d.uids...)
	d.flagged(t, d.uids[1], imap.FlagDeleted)
	d.flagged(t, d.uids[4], imap.FlagDeleted)
}

// listed: what a device sees in its next session.
func (d *deletion) listed(t *testing.T, c *bridge.Client, want ...int) {
	t.Helper()
	if got := len(c.Lines("UIDL")); got != len(want) {
		t.Errorf("the next session lists %d messages, want %d", got, len(want))
	}
	for n, i := range want {
		expect(t, "RETR", string(c.Message("RETR "+digits(n+1))), string(d.messages[i]))
	}
	c.Quit()
}

// moved: a mailbox holds exactly the two messages, without \Deleted.
func (d *deletion) moved(t *testing.T, mailbox string) {
	t.Helper()
	uids := d.w.UIDs(mailbox)
	if len(uids) != 2 {
		t.Fatalf("%s holds UIDs %v, want two; INBOX holds %v, and QUIT was answered %q", mailbox, uids, d.w.UIDs("INBOX"), d.quit)
	}
	for n, i := range []int{1, 4} {
		expect(t, "a message in "+mailbox, string(d.w.Raw(mailbox, uids[n])), string(d.messages[i]))
		if flags := d.w.Flags(mailbox, uids[n]); slices.Contains(flags, imap.FlagDeleted) {
			t.Errorf("a message in %s has flags %q", mailbox, flags)
		}
	}
}

func expunge(t *testing.T, s *site) {
	d := deleteTwo(t, s, "on_delete: expunge")
	d.removed(t)
	if d.present {
		if got := d.w.UIDs(d.trash); len(got) > 0 {
			t.Errorf("the trash holds %v", got)
		}
	}
	d.listed(t, d.device(t, d.b), 0, 3)
}

// trash is the default. A mailbox for it is made where there is none.
func trash(t *testing.T, s *site) {
	d := deleteTwo(t, s)
	d.removed(t)
	d.moved(t, d.trash)
	d.listed(t, d.device(t, d.b), 0, 3)
}

func archive(t *testing.T, s *site) {
	d := deleteTwo(t, s, "on_delete: archive")
	d.removed(t)
	d.moved(t, d.archive)
	d.listed(t, d.device(t, d.b), 0, 3)
}

// flag: the messages stay, with the keyword, and no device sees them again.
func flag(t *testing.T, s *site) {
	d := deleteTwo(t, s, "on_delete: flag", "on_retrieve: nothing")
	d.othersUntouched(t)
	d.holds(t, "INBOX", d.uids...)
	for _, i := range []int{1, 4} {
		if flags := d.w.Flags("INBOX", d.uids[i]); len(flags) != 1 || !equalFold(flags[0], keyword) {
			t.Errorf("UID %d has flags %q, want %q", d.uids[i], flags, keyword)
		}
	}
	d.listed(t, d.device(t, d.b), 0, 3)
	d.listed(t, d.named(t, d.b, "other"), 0, 3)
}

// hide: nothing changes upstream, RETR does not set \Seen, and this device alone
// does not see the messages again, in no later session.
func hide(t *testing.T, s *site) {
	d := deleteTwo(t, s, "on_delete: hide")
	d.othersUntouched(t)
	d.holds(t, "INBOX", d.uids...)
	for range 2 {
		d.listed(t, d.device(t, d.b), 0, 3)
	}
	d.listed(t, d.named(t, d.b, "other"), 0, 1, 3, 4)
	// The other spelling is the same device.
	c := bridge.Login(t, d.b.Address("pop3"), withDevice(d.login, "other"), d.password)
	c.OK("DELE 1")
	c.Quit()
	d.listed(t, d.named(t, d.b, "other"), 1, 3, 4)
	d.listed(t, d.device(t, d.b), 0, 3)
	for _, i := range []int{0, 1, 3, 4} {
		d.flagged(t, d.uids[i])
	}
}

// trashMailbox: another mailbox than the one with the special use, made if need be.
func trashMailbox(t *testing.T, s *site) {
	d := deleteTwo(t, s, "trash_mailbox: Geräte-Abfall")
	d.removed(t)
	d.moved(t, d.below+"Geräte-Abfall")
	if d.present {
		if got := d.w.UIDs(d.trash); len(got) > 0 {
			t.Errorf("the trash holds %v", got)
		}
	}
}

// deleteGone: a device deletes a message that another client has removed since.
// What was asked for is so, and the rest of the plan is carried out.
func deleteGone(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(3)
	uids := a.w.UIDs("INBOX")
	b := a.serve(t)
	c := a.device(t, b)
	c.OK("DELE 1")
	c.OK("DELE 2")
	a.w.Remove("INBOX", uids[0])
	c.Quit()
	if s.expunges {
		a.holds(t, "INBOX", uids[2])
	} else {
		a.holds(t, "INBOX", uids[1], uids[2])
		a.flagged(t, uids[1], imap.FlagDeleted)
	}
	a.flagged(t, uids[2])
	if got := len(a.w.UIDs(a.trash)); got != 1 {
		t.Errorf("%s holds %d messages, want 1", a.trash, got)
	}
}
