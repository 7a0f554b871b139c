package old

import (
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// Octets beyond all reason lock nobody out, neither while the old server says them,
// nor after a restart, nor when it is right again.
func TestOctetsBeyondReason(t *testing.T) {
	t.Parallel()
	for name, octets := range map[string]string{"2^62": "4611686018427387904", "-1 without a sign": "18446744073709551615", "forty digits": strings.Repeat("9", 40)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := liars.NewOld(t, liars.OldOptions{Caps: caps}, mail(2)...)
			s := newSite(t, old.Address(), "", "")
			old.Lie(liars.OldLie{Verb: "LIST", Say: "+OK\r\n1 100\r\n2 " + octets + "\r\n.\r\n", Times: 3})
			for range 2 {
				c := s.alice()
				if got := ids(c.Lines("UIDL")); !slices.Equal(got, []string{"id-1", "id-2"}) {
					t.Errorf("the unique-ids are %q", got)
				}
				c.Quit()
			}
			s.restart()
			s.alice().Quit()
			c := s.alice()
			if got := c.Lines("LIST"); len(got) != 2 || strings.Contains(got[1], "99999") {
				t.Errorf("when the old server is right again the list is %q", got)
			}
			c.Quit()
		})
	}
}

// Unique-ids that RFC 1939 §7 forbids are the same after a restart.
func TestLongUniqueIDs(t *testing.T) {
	t.Parallel()
	letters := mail(4)
	for i, id := range []string{strings.Repeat("A", 255), strings.Repeat("A", 256), strings.Repeat("A", 300) + "\xff\x80", strings.Repeat("B", 8000)} {
		letters[i].ID = id
	}
	old := liars.NewOld(t, liars.OldOptions{Caps: caps}, letters...)
	s := newSite(t, old.Address(), "", "")
	want := ids(s.alice().Lines("UIDL"))
	for i, id := range want {
		if id != letters[i].ID {
			t.Errorf("unique-id %d has %d octets, and the old server's %d", i+1, len(id), len(letters[i].ID))
		}
	}
	s.restart()
	c := s.alice()
	if got := ids(c.Lines("UIDL")); !slices.Equal(got, want) {
		t.Error("after a restart the unique-ids are others")
	}
	c.OK("DELE 3")
	c.Quit()
	s.restart()
	c = s.alice()
	if got := ids(c.Lines("UIDL")); !slices.Equal(got, slices.Delete(slices.Clone(want), 2, 3)) {
		t.Error("after a deletion and a restart the unique-ids are others")
	}
	c.Quit()
}

// An old server that gives several messages one unique-id keeps no account out, neither
// before a move nor behind it: one message keeps the unique-id, the others get their own,
// and those stay, whatever is deleted and however often popbridge is restarted.
func TestRepeatedUniqueIDs(t *testing.T) {
	t.Parallel()
	for name, given := range map[string][]string{"two": {"same", "same", "other"}, "all": {"same", "same", "same"}, "the last": {"other", "same", "same"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			letters, fresh := mail(3), liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			fresh.Mail(func(m *liars.Mail) {
				m.Inbox().Messages = nil
				for i := range letters {
					letters[i].ID = given[i]
					m.Inbox().Add(letters[i].Text)
				}
			})
			old := liars.NewOld(t, liars.OldOptions{Caps: caps}, letters...)
			s := newSite(t, old.Address(), ", tls: none}, new: {address: \""+fresh.Address()+"\", tls: none", "")
			c := s.alice()
			if got := ids(c.Lines("UIDL")); !slices.Equal(got, given) {
				t.Errorf("before the move the unique-ids are %q", got)
			}
			c.Quit()
			password := passwordFile(t, liars.Password)
			s.command("migrate", "harvest", "--upstream", "old", "--account", "alice", "--password-file", password, "--headers", "all")
			s.command("migrate", "move", "alice", "--to", "new", "--password-file", password)
			c = s.alice()
			moved := ids(c.Lines("UIDL"))
			for i, id := range moved {
				if slices.Index(moved, id) != i || i == slices.Index(given, given[i]) && id != given[i] {
					t.Errorf("behind the move the unique-ids are %q", moved)
				}
			}
			s.AwaitLine("[WARN]", "unique-id that another message has")
			c.OK("DELE 1")
			c.Quit()
			for range 2 {
				c = s.alice()
				if got := ids(c.Lines("UIDL")); !slices.Equal(got, moved[1:]) {
					t.Errorf("without the first the unique-ids are %q, and were %q", got, moved)
				}
				c.Quit()
				s.restart()
			}
		})
	}
}
