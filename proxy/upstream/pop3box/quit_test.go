package pop3box_test

import (
	"slices"
	"testing"

	"popbridge/tests/liars"
	"popbridge/translate"
)

// Nothing is removed that the server does not say is removed, and nothing but what
// is marked, wherever a session is cut.
func TestQuitThatFails(t *testing.T) {
	for name, test := range map[string]struct {
		lie  liars.OldLie
		code string
		left []string
	}{
		"refused":                  {liars.OldLie{Verb: "QUIT", Say: "-ERR some not removed\r\n", Times: 1}, "", []string{"id-1", "id-2", "id-3"}},
		"cut before it is done":    {liars.OldLie{Verb: "QUIT", Hangup: true, Times: 1}, translate.CodeSysTemp, []string{"id-1", "id-2", "id-3"}},
		"cut behind it":            {liars.OldLie{Verb: "QUIT", Carry: true, Hangup: true, Times: 1}, translate.CodeSysTemp, []string{"id-2"}},
		"cut in the middle of +OK": {liars.OldLie{Verb: "QUIT", CutAt: 2, Times: 1}, translate.CodeSysTemp, []string{"id-2"}},
		"cut in DELE, twice":       {liars.OldLie{Verb: "DELE", Skip: 1, Hangup: true, Times: 2}, translate.CodeSysTemp, []string{"id-1", "id-2", "id-3"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(3)...)
			m, _ := s.open()
			s.server.Lie(test.lie)
			if _, err := m.Apply(s.ctx, dele(1, 3)); !refused(err, test.code) {
				t.Errorf("%v", err)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			s.server.Close()
			if left := s.server.IDs(); !slices.Equal(left, test.left) {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// A message that the old server does not let go keeps no other from being removed,
// and is named as the one that stays.
func TestOneDELERefused(t *testing.T) {
	for name, test := range map[string]struct {
		lie     liars.OldLie
		code    string
		refused string
		left    []string
		quits   int
	}{
		"the second": {liars.OldLie{Verb: "DELE", Skip: 1, Say: "-ERR locked\r\n", Times: 1}, "", "3", []string{"id-2", "id-3"}, 1},
		"the first":  {liars.OldLie{Verb: "DELE", Say: "-ERR [SYS/PERM] no\r\n", Times: 1}, translate.CodeSysPerm, "1", []string{"id-1", "id-2"}, 1},
		"both":       {liars.OldLie{Verb: "DELE", Say: "-ERR no\r\n"}, "", "1,3", []string{"id-1", "id-2", "id-3"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(3)...)
			m, _ := s.open()
			s.server.Lie(test.lie)
			outcome, err := m.Apply(s.ctx, dele(1, 3))
			uids, cause := outcome.Refused()
			if err != nil || uids.String() != test.refused || !refused(cause, test.code) {
				t.Errorf("%v, refused %v: %v", err, uids, cause)
			}
			quits := 0
			for _, c := range s.server.Commands() {
				if c == "QUIT" {
					quits++
				}
			}
			if left := s.server.IDs(); !slices.Equal(left, test.left) || quits != test.quits {
				t.Errorf("left: %v behind %d QUIT", left, quits)
			}
		})
	}
}

// A server that was tired of waiting has removed nothing: what the device has marked
// is marked again, under the numbers of another session.
func TestDeletingOnAnotherConnection(t *testing.T) {
	for name, lie := range map[string]*liars.OldLie{
		"gone":         nil,
		"cut":          {Verb: "DELE", Skip: 1, Hangup: true, Times: 1},
		"-ERR timeout": {Verb: "DELE", Say: "-ERR autologout\r\n", Hangup: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(5)...)
			m, _ := s.open()
			if lie == nil {
				s.server.Hangup()
			} else {
				s.server.Lie(*lie)
			}
			s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
			if _, err := m.Apply(s.ctx, dele(1, 3, 4)); err != nil {
				t.Error(err)
			}
			if left := s.server.IDs(); !slices.Equal(left, []string{"id-2", "id-5"}) {
				t.Errorf("left %v", left)
			}
		})
	}
}

// Of two messages with one unique-id one may stand in the other's place when that is
// gone: after a crash, or on another connection, none of them is removed.
func TestTwinsAreNotRemovedInDoubt(t *testing.T) {
	twins := letters(3)
	twins[1].ID = "id-1"
	s := newSite(t, liars.OldOptions{Caps: allCaps}, twins...)
	m, l := s.open()
	_ = m.Close()
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] }) // the crash was after QUIT
	m, _ = s.open()
	if _, err := m.List(s.ctx, l); err != nil {
		t.Fatal(err)
	}
	ops := dele(1, 3)
	ops[0].Doubt = true
	if _, err := m.Apply(s.ctx, ops); err != nil {
		t.Errorf("after a crash: %v", err)
	}
	if left := s.server.IDs(); !slices.Equal(left, []string{"id-1"}) {
		t.Errorf("after a crash: left %v", left)
	}

	s = newSite(t, liars.OldOptions{Caps: allCaps}, twins...)
	m, _ = s.open()
	s.server.Hangup()
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
	if _, err := m.Apply(s.ctx, dele(1)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("on another connection: %v", err)
	}
	if left := s.server.IDs(); len(left) != 2 {
		t.Errorf("on another connection: left %v", left)
	}
	m, _ = s.open()
	if _, err := m.Apply(s.ctx, dele(1)); err != nil || len(s.server.IDs()) != 1 {
		t.Errorf("where there is no doubt: %v, left %v", err, s.server.IDs())
	}
}

// A server that makes unique-ids of numbers gives them to other messages on another
// connection: none of those is removed, be it told by its octets or by its header.
func TestAUniqueIDThatIsAnotherMessageIsNotRemoved(t *testing.T) {
	for _, retrieved := range []bool{false, true} {
		mail := letters(3)
		if !retrieved {
			mail[2].Text += "longer\r\n"
		}
		s := newSite(t, liars.OldOptions{Caps: allCaps}, mail...)
		m, _ := s.open()
		if retrieved {
			if _, err := s.fetch(m, 2); err != nil {
				t.Fatal(err)
			}
		}
		s.server.Hangup()
		s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage {
			mail[1].ID, mail[2].ID = "id-1", "id-2"
			return mail[1:]
		})
		if _, err := m.Apply(s.ctx, dele(2)); !refused(err, translate.CodeSysTemp) {
			t.Errorf("retrieved %v: %v", retrieved, err)
		}
		if left := s.server.IDs(); len(left) != 2 {
			t.Errorf("retrieved %v: left %v", retrieved, left)
		}
	}
}

// Closing is no QUIT of the device's: what it has marked is not known here, and a
// session at the old server ends without removing anything.
func TestCloseRemovesNothing(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(2)...)
	m, _ := s.open()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	s.server.Close()
	if left := s.server.IDs(); len(left) != 2 || !slices.Contains(s.server.Commands(), "QUIT") {
		t.Errorf("left: %v, commands %q", left, s.server.Commands())
	}
}
