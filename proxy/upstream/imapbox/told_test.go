package imapbox_test

import (
	"slices"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

func set(uids ...goimap.UID) goimap.UIDSet { return goimap.UIDSetNum(uids...) }

// TestUnchangedPoll: a mailbox of which nothing is told costs one NOOP, whatever
// becomes of deleted messages, and whatever has really happened to it: the server
// answers for what it does not tell.
func TestUnchangedPoll(t *testing.T) {
	for _, action := range []translate.OnDelete{translate.DeleteExpunge, translate.DeleteTrash, translate.DeleteArchive, translate.DeleteFlag, translate.DeleteHide} {
		t.Run(action.String(), func(t *testing.T) {
			s := newSite(t)
			s.drop.OnDelete = action
			known := s.poll(translate.Listing{})
			s.server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: untold\r\n\r\nx\r\n") })
			for range 3 {
				n := s.said()
				l := s.poll(known)
				if got := s.since(n); !slices.Equal(got, []string{"NOOP"}) {
					t.Errorf("an unchanged poll took %q, want one NOOP", got)
				}
				if !slices.Equal(l.Entries, known.Entries) || l.UIDNext != known.UIDNext {
					t.Errorf("the listing is %+v, want %+v", l, known)
				}
			}
			s.is("listings avoided", upstream.ListingsAvoided, 3)
		})
	}
}

// TestSessionThatOnlyReads leaves nothing to be listed again, and one that deletes
// does.
func TestSessionThatOnlyReads(t *testing.T) {
	s := newSite(t)
	known := s.poll(translate.Listing{})
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2, 3)
	s.close(m)
	n := s.said()
	known = s.poll(known)
	if got := s.since(n); !slices.Equal(got, []string{"NOOP"}) {
		t.Errorf("the poll after RETR took %q, want one NOOP", got)
	}
	m = s.open()
	s.list(m, known)
	ops := []translate.Op{{Kind: translate.OpStore, UIDs: set(12), Flag: goimap.FlagDeleted}, {Kind: translate.OpExpunge, UIDs: set(12)}}
	if _, err := m.Apply(s.ctx, ops); err != nil {
		t.Fatal(err)
	}
	s.close(m)
	if l := s.poll(known); !slices.Equal(uids(l), []goimap.UID{11, 14, liars.Bystander, 20}) {
		t.Errorf("after UID EXPUNGE 12 the mailbox is listed as %v", uids(l))
	}
}

// TestToldChange: what the server tells, at NOOP, between sessions or within
// one, makes the next listing right.
func TestToldChange(t *testing.T) {
	news := map[string]struct {
		told   string
		change func(*liars.Mailbox)
		want   []goimap.UID
		flags  translate.EntryFlags // of UID 14
	}{
		"EXISTS":            {"* 6 EXISTS\r\n", func(b *liars.Mailbox) { b.Add("Subject: new\r\n\r\nnew\r\n") }, []goimap.UID{11, 12, 14, 17, 20, 21}, 0},
		"EXISTS and RECENT": {"* 6 EXISTS\r\n* 1 RECENT\r\n", func(b *liars.Mailbox) { b.Add("Subject: new\r\n\r\nnew\r\n") }, []goimap.UID{11, 12, 14, 17, 20, 21}, 0},
		"EXPUNGE":           {"* 2 EXPUNGE\r\n", func(b *liars.Mailbox) { b.Remove(func(m *liars.Message) bool { return m.UID == 12 }) }, []goimap.UID{11, 14, 17, 20}, 0},
		"VANISHED":          {"* VANISHED 12\r\n", func(b *liars.Mailbox) { b.Remove(func(m *liars.Message) bool { return m.UID == 12 }) }, []goimap.UID{11, 14, 17, 20}, 0},
		"one gone, one come": {"* 2 EXPUNGE\r\n* 5 EXISTS\r\n", func(b *liars.Mailbox) {
			b.Remove(func(m *liars.Message) bool { return m.UID == 12 })
			b.Add("Subject: new\r\n\r\n")
		}, []goimap.UID{11, 14, 17, 20, 21}, 0},
		"all gone":            {"* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n", func(b *liars.Mailbox) { b.Messages = nil }, nil, 0},
		"FETCH FLAGS":         {"* 3 FETCH (FLAGS (\\Deleted))\r\n", func(b *liars.Mailbox) { b.Find(14).Set(`\Deleted`) }, []goimap.UID{11, 12, 14, 17, 20}, translate.FlagDeleted},
		"FETCH UID and FLAGS": {"* 3 FETCH (UID 14 FLAGS ($POP3Deleted) MODSEQ (9))\r\n", func(b *liars.Mailbox) { b.Find(14).Set("$POP3Deleted") }, []goimap.UID{11, 12, 14, 17, 20}, translate.FlagPOP3Deleted},
	}
	ways := map[string]func(*site, translate.Listing, string, func()){
		"at NOOP": func(s *site, _ translate.Listing, told string, change func()) {
			change()
			s.server.Lie(liars.Once("NOOP", liars.Before(told)))
		},
		"while parked": func(s *site, _ translate.Listing, told string, change func()) {
			change()
			if n := s.server.Tell(told); n != 1 {
				s.t.Errorf("%d connections are parked, want 1", n)
			}
		},
		"in a session": func(s *site, known translate.Listing, told string, change func()) {
			m := s.open()
			s.list(m, known)
			drop, err := translate.NewMaildrop(known, translate.Known{}, s.drop.Policy())
			if err != nil {
				s.t.Fatal(err)
			}
			s.server.Lie(liars.Once("BODY.PEEK", liars.Before(told)))
			s.retr(m, drop, 1)
			change()
			s.close(m)
		},
	}
	for where, way := range ways {
		for what, c := range news {
			t.Run(what+" "+where, func(t *testing.T) {
				s := newSite(t)
				known := s.poll(translate.Listing{})
				way(s, known, c.told, func() { s.server.Mail(func(m *liars.Mail) { c.change(m.Inbox()) }) })
				n := s.said()
				l := s.poll(known)
				if !slices.Equal(uids(l), c.want) {
					t.Errorf("the listing is %v, want %v", uids(l), c.want)
				}
				for _, e := range l.Entries {
					if e.UID == 14 && e.Flags != c.flags {
						t.Errorf("UID 14 has the flags %v, want %v", e.Flags, c.flags)
					}
				}
				said := s.since(n)
				if len(said) < 2 || said[0] != "NOOP" || !strings.HasPrefix(said[1], "SELECT") {
					t.Errorf("the poll took %q, want NOOP and SELECT first", said)
				}
				n = s.said()
				if s.poll(l); !slices.Equal(s.since(n), []string{"NOOP"}) {
					t.Errorf("the poll after it took %q, want one NOOP", s.since(n))
				}
				s.is("logins", upstream.Logins, 1)
			})
		}
	}
}

// TestUntoldIsListedAtTheNextLogin: a server that tells nothing is asked again at
// most reauth later, when the connection logs in again.
func TestUntoldIsListedAtTheNextLogin(t *testing.T) {
	s := newSite(t)
	known := s.poll(translate.Listing{})
	s.server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: untold\r\n\r\nx\r\n") })
	s.server.Hangup()
	if l := s.poll(known); !slices.Equal(uids(l), []goimap.UID{11, 12, 14, 17, 20, 21}) {
		t.Errorf("after a login the listing is %v", uids(l))
	}
}
