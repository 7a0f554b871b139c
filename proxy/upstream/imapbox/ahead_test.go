package imapbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/liars"
	"popbridge/translate"
)

// firstSight answers SELECT only when the listing behind it has come, and lets the test answer
// that.
func firstSight(t *testing.T, answer func(x *liars.Exchange, tag string)) liars.Rule {
	return liars.Once("SELECT", func(x *liars.Exchange) {
		selected := x.Carry()
		tag, command, _ := strings.Cut(x.Read(), " ")
		if !strings.HasPrefix(command, "UID FETCH 1:* ") {
			t.Errorf("behind SELECT comes %q", command)
		}
		x.Send(selected)
		answer(x, tag)
	})
}

// TestFirstSight: a mailbox that was never listed is selected and listed in one flight. Where
// the server will not have that, it is asked one command after the other.
func TestFirstSight(t *testing.T) {
	honest := newSite(t).poll(translate.Listing{})
	for name, answer := range map[string]func(x *liars.Exchange, tag string){
		"it ends the connection": func(x *liars.Exchange, _ string) { x.Close() },
		"it refuses":             func(x *liars.Exchange, tag string) { x.Send(tag + " BAD one at a time\r\n") },
		"it tells of nothing":    func(x *liars.Exchange, tag string) { x.Send(tag + " OK\r\n") },
		"a message goes": func(x *liars.Exchange, tag string) {
			x.Send("* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 7)\r\n* 1 EXPUNGE\r\n* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 75)\r\n" + tag + " OK\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.server.Lie(firstSight(t, answer))
			if l := s.poll(translate.Listing{}); !alike(l, honest) {
				t.Errorf("listed %+v, want %+v", l, honest)
			}
		})
	}
	t.Run("it is new no more", func(t *testing.T) {
		s := newSite(t)
		s.server.Lie(liars.Once("SELECT", func(x *liars.Exchange) {
			x.Send(x.Carry())
			if command := x.Read(); strings.Contains(command, "1:*") {
				t.Errorf("all is listed again: %q", command)
			}
			x.Close()
		}))
		if l := s.poll(honest); !alike(l, honest) {
			t.Errorf("listed %+v, want %+v", l, honest)
		}
	})
}

// TestFirstSightOfNothing: what comes behind a SELECT that is refused is of no mailbox, and
// the refusal stands.
func TestFirstSightOfNothing(t *testing.T) {
	s := newSite(t)
	s.server.Lie(liars.Once("SELECT", func(x *liars.Exchange) {
		tag, _, _ := strings.Cut(x.Read(), " ")
		x.Send("{tag} NO [NOPERM] no\r\n* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 75)\r\n" + tag + " OK\r\n")
	}))
	m := s.open()
	defer s.close(m)
	l, err := m.List(s.ctx, translate.Listing{})
	if err == nil || !strings.Contains(err.Error(), "NOPERM") || len(l.Entries) > 0 {
		t.Errorf("listed %+v: %v", l, err)
	}
	if n := s.server.Logins(); n != 1 {
		t.Errorf("%d logins", n)
	}
}

// alike reports whether two listings hold the same messages of the same mailbox.
func alike(a, b translate.Listing) bool {
	return a.UIDValidity == b.UIDValidity && a.UIDNext == b.UIDNext && slices.Equal(a.Entries, b.Entries)
}

// TestDeafBehindSelect: a server that does not hear what comes in the flight of SELECT keeps
// one device waiting, and no other.
func TestDeafBehindSelect(t *testing.T) {
	s := newSite(t)
	s.mail.Timeout = 300 * time.Millisecond // that it is over is what is tested
	s.server.Lie(liars.Once("SELECT", func(x *liars.Exchange) {
		selected := x.Carry()
		x.Read()
		x.Send(selected)
		x.Read() // until the other side gives up
	}))
	code, log := s.serves("alice", liars.Password)
	if code != "" || !strings.Contains(log, "one round trip more") {
		t.Fatalf("%q: %s", code, log)
	}
	s.server.Lie(liars.Once("SELECT", func(x *liars.Exchange) {
		if command := x.Read(); command != "" {
			t.Errorf("behind SELECT comes %q", command)
		}
	}))
	if code, log := s.serves("bob", liars.Password); code != "" || strings.Contains(log, "round trip") {
		t.Errorf("%q: %s", code, log)
	}
}
