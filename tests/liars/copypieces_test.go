package liars_test

import (
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// uids are those of a mailbox in order.
func uids(b *liars.Mailbox) (list []uint32) {
	for _, m := range b.Messages {
		list = append(list, m.UID)
	}
	return list
}

// TestCopyInPieces: a COPY that is refused on account of one message is done in
// pieces. Where a piece is cut, the copies of earlier pieces are not taken for its
// own: a message whose twin was copied before would be removed, and be nowhere.
func TestCopyInPieces(t *testing.T) {
	for name, cut := range map[string]liars.Lie{"cut before it is done": liars.Die(), "cut behind it": liars.CutAt(0)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}})}
			s := newStage(t, []*actor{a})
			var twin, bad string
			a.server.Mail(func(m *liars.Mail) {
				b := m.Inbox()
				b.Find(20).Text = b.Find(11).Text
				twin, bad = b.Find(11).Text, b.Find(12).Text
			})
			d := s.login(t, a)
			for _, n := range []string{"1", "2", "4"} {
				d.OK("DELE " + n)
			}
			a.server.Lie(liars.Once("UID COPY 20 ", cut), touching("UID COPY", "12", liars.No("")))
			if reply, _ := d.command("QUIT", false); !strings.HasPrefix(reply, "-ERR [SYS/") {
				t.Errorf("QUIT, of which UID 12 is refused: %q", reply)
			}
			a.server.Mail(func(m *liars.Mail) {
				if got := uids(m.Inbox()); !slices.Equal(got, []uint32{12, 14, liars.Bystander}) {
					t.Errorf("the INBOX holds UIDs %d", got)
				}
				if trash := m.Box("Trash"); trash.Count(twin) != 2 || trash.Count(bad) != 0 {
					t.Errorf("Trash holds %q", texts(trash))
				}
			})
			if a.server.Sent("UID COPY 20 ") == 0 {
				t.Errorf("the piece that is cut was never asked for: %q", a.server.Commands())
			}
			polite(t, a)
		})
	}
}

// TestStoreRefusedBehindCopy: what was copied and cannot be struck out keeps no other
// message, and QUIT says so. The next session finishes it, and copies nothing again.
func TestStoreRefusedBehindCopy(t *testing.T) {
	t.Parallel()
	a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}})}
	s := newStage(t, []*actor{a})
	d := s.login(t, a)
	for _, n := range []string{"1", "2", "4"} {
		d.OK("DELE " + n)
	}
	a.server.Lie(touching(`(\Deleted)`, "12", liars.No("")))
	if reply, _ := d.command("QUIT", false); !strings.HasPrefix(reply, "-ERR [SYS/") {
		t.Errorf("QUIT, of which UID 12 is refused: %q", reply)
	}
	holds := func(when string, want ...uint32) {
		t.Helper()
		a.server.Mail(func(m *liars.Mail) {
			if got := uids(m.Inbox()); !slices.Equal(got, want) {
				t.Errorf("%s: the INBOX holds UIDs %d, want %d", when, got, want)
			}
			for _, msg := range liars.NewMail().Inbox().Messages {
				marked := msg.UID == 11 || msg.UID == 12 || msg.UID == 20
				if n := m.Box("Trash").Count(msg.Text); (n == 1) != marked || n > 1 {
					t.Errorf("%s: Trash holds UID %d %d times", when, msg.UID, n)
				}
			}
		})
	}
	holds("behind the QUIT", 12, 14, liars.Bystander)
	a.server.Lie()
	d = s.login(t, a)
	if list := d.Lines("UIDL"); len(list) != 1 {
		t.Errorf("the next session sees %q", list)
	}
	d.Quit()
	holds("behind the next session", 14, liars.Bystander)
	polite(t, a)
}
