package pop3box_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/pop3box"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// site is one Pool in front of one scripted old POP3 server.
type site struct {
	t      testing.TB
	server *liars.Old
	pool   *pop3box.Pool
	counts *counts
	old    configs.Upstream
	ctx    context.Context
}

var allCaps = []string{"TOP", "UIDL", "USER", "PIPELINING", "RESP-CODES"}

func letters(n int) []liars.OldMessage {
	var mail []liars.OldMessage
	for i := range n {
		mail = append(mail, liars.OldMessage{ID: fmt.Sprintf("id-%d", i+1), Text: fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: letter %d\r\n\r\nbody\r\n.dot\r\n", i+1, i+1)})
	}
	return mail
}

func newSite(t testing.TB, o liars.OldOptions, mail ...liars.OldMessage) *site {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &site{t: t, server: liars.NewOld(t, o, mail...), counts: &counts{}, ctx: ctx}
	dialer := upstream.NewDialer()
	dialer.Measure(s.counts)
	s.pool = pop3box.NewPool(dialer)
	s.old = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3, Address: s.server.Address(), TLS: configs.TLSNone, Timeout: patience}
	return s
}

func (s *site) request(password string) backend.Request {
	return backend.Request{Upstream: s.old, Account: "alice", Password: configs.NewSecret(password), Log: hclog.NewNullLogger()}
}

// open logs in and lists.
func (s *site) open() (*pop3box.Mailbox, translate.Listing) {
	s.t.Helper()
	m, err := s.pool.Open(s.ctx, s.request(liars.Password))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = m.Close() })
	l, err := m.List(s.ctx, translate.Listing{})
	if err != nil {
		s.t.Fatal(err)
	}
	return m, l
}

func (s *site) fetch(m *pop3box.Mailbox, uid goimap.UID) (string, error) {
	var b bytes.Buffer
	err := m.Fetch(s.ctx, translate.Message{UID: uid}, nil, &b)
	return b.String(), err
}

func dele(uids ...goimap.UID) []translate.Op {
	return []translate.Op{{Kind: translate.OpDele, UIDs: goimap.UIDSetNum(uids...)}}
}

func refused(err error, code string) bool {
	var r *translate.Refusal
	return errors.As(err, &r) && r.Code == code
}

func TestAnOldServerIsServed(t *testing.T) {
	for name, o := range map[string]liars.OldOptions{
		"all":     {Caps: allCaps, Locked: true},
		"no CAPA": {Locked: true},
		"no TOP":  {Caps: []string{"UIDL", "USER"}, NoTOP: true, Locked: true},
	} {
		t.Run(name, func(t *testing.T) {
			mail := letters(3)
			mail[1].Octets = 4711 // its sizes lie
			s := newSite(t, o, mail...)
			m, l := s.open()
			if len(l.Entries) != 3 || l.Entries[1] != (translate.Entry{UID: 2, Size: 4711, UniqueID: "id-2"}) || !l.Assigned {
				t.Fatalf("%+v", l)
			}
			if got, err := s.fetch(m, 2); err != nil || got != mail[1].Text {
				t.Errorf("RETR: %q, %v", got, err)
			}
			var top bytes.Buffer
			if err := m.FetchTop(s.ctx, translate.Message{UID: 3}, 1, nil, &top); err != nil || top.String() != strings.TrimSuffix(mail[2].Text, ".dot\r\n") {
				t.Errorf("TOP: %q, %v", top.String(), err)
			}
			ids := make(map[goimap.UID]string)
			err := m.Describe(s.ctx, goimap.UIDSetNum(1, 2, 3), func(d translate.Description) {
				ids[d.UID] = d.MessageID
				if d.Key == (translate.ContentKey{}) || d.Print.Header == (translate.ContentKey{}) {
					t.Errorf("nothing of UID %d is known by content: %+v", d.UID, d)
				}
			})
			if err != nil || len(ids) != 3 || ids[1] != "<1@example.org>" || ids[2] != "<2@example.org>" {
				t.Errorf("described %v, %v", ids, err)
			}
			err = m.Identify(s.ctx, goimap.UIDSetNum(3), func(d translate.Description) {
				if want := fmt.Sprintf("id-%d", d.UID); d.UniqueID != want || d.Fingerprint() == 0 {
					t.Errorf("UID %d is identified as %q, want %q", d.UID, d.UniqueID, want)
				}
			})
			if err != nil {
				t.Error(err)
			}
			if outcome, err := m.Apply(s.ctx, dele(1, 3)); err != nil {
				t.Errorf("QUIT: %+v, %v", outcome, err)
			}
			if left := s.server.IDs(); !slices.Equal(left, []string{"id-2"}) {
				t.Errorf("left: %v", left)
			}
			// Whoever is curious now must not log in again for it.
			known := 0
			if err := m.Describe(s.ctx, goimap.UIDSetNum(1), func(translate.Description) { known++ }); err == nil || known != 2 || s.server.Sessions() != 1 {
				t.Errorf("behind QUIT: %d messages are known from before, %v, %d sessions", known, err, s.server.Sessions())
			}
			again, err := m.List(s.ctx, l)
			if err != nil || len(again.Entries) != 1 || again.Entries[0].UID != 2 || again.UIDNext != 4 {
				t.Errorf("listed behind QUIT: %+v, %v", again, err)
			}
		})
	}
}

// What was retrieved is not asked for again, and the rest goes in one packet.
func TestDescribeUsesWhatCameBefore(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(5)...)
	m, _ := s.open()
	if _, err := s.fetch(m, 2); err != nil {
		t.Fatal(err)
	}
	if err := m.FetchTop(s.ctx, translate.Message{UID: 3}, 1, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	known := make(map[goimap.UID]string)
	if err := m.Describe(s.ctx, goimap.UIDSetNum(2, 3), func(d translate.Description) { known[d.UID] = d.MessageID }); err != nil || known[2] != "<2@example.org>" || known[3] != "<3@example.org>" {
		t.Fatalf("%v, %v", known, err)
	}
	if err := m.Describe(s.ctx, goimap.UIDSetNum(1, 2, 4), func(translate.Description) {}); err != nil {
		t.Fatal(err)
	}
	tops := slices.DeleteFunc(s.server.Commands(), func(c string) bool { return !strings.HasPrefix(c, "TOP") })
	if !slices.Equal(tops, []string{"TOP 3 1", "TOP 1 0", "TOP 4 0"}) {
		t.Errorf("%q", tops)
	}
}

// A message that is cut is an error after its first octets; the connection is
// replaced for the next, whose number there may be another.
func TestACutMessageOfAnOldServer(t *testing.T) {
	mail := letters(3)
	s := newSite(t, liars.OldOptions{Caps: allCaps}, mail...)
	m, _ := s.open()
	s.server.Lie(liars.OldLie{Verb: "RETR", CutAt: 30, Hangup: true, Times: 1})
	got, err := s.fetch(m, 2)
	if !refused(err, translate.CodeSysTemp) || got == "" || !strings.HasPrefix(mail[1].Text, got) {
		t.Errorf("%q, %v", got, err)
	}
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
	if got, err := s.fetch(m, 3); err != nil || got != mail[2].Text {
		t.Errorf("under another number: %q, %v", got, err)
	}
	if _, err := s.fetch(m, 1); !errors.Is(err, translate.ErrGone) {
		t.Errorf("one that is gone: %v", err)
	}
}

// A connection that has ended between two commands is replaced without a word, be
// it that the server has said logout in place of an answer.
func TestAnOldServerThatWasTiredOfWaiting(t *testing.T) {
	for name, lie := range map[string]*liars.OldLie{
		"gone":         nil,
		"no answer":    {Verb: "RETR", Hangup: true, Times: 1},
		"-ERR timeout": {Verb: "RETR", Say: "-ERR autologout\r\n", Hangup: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			mail := letters(2)
			s := newSite(t, liars.OldOptions{Caps: allCaps}, mail...)
			m, _ := s.open()
			if lie == nil {
				s.server.Hangup()
			} else {
				s.server.Lie(*lie)
			}
			if got, err := s.fetch(m, 2); err != nil || got != mail[1].Text {
				t.Errorf("%q, %v", got, err)
			}
			if n := s.server.Sessions(); n != 2 {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

// A server without unique-ids gets them from headers: the same in each session, and
// different ones for different messages.
func TestAnOldServerWithoutUniqueIDs(t *testing.T) {
	for name, o := range map[string]liars.OldOptions{"TOP": {NoUIDL: true, Caps: allCaps}, "neither": {NoUIDL: true, NoTOP: true, Caps: []string{"USER"}}, "not even CAPA": {NoUIDL: true, NoTOP: true}} {
		t.Run(name, func(t *testing.T) {
			mail := letters(3)
			mail = append(mail, mail[1], liars.OldMessage{Text: "X: no identity\r\n\r\n"})
			s := newSite(t, o, mail...)
			m, l := s.open()
			_ = m.Close()
			seen := make(map[string]bool)
			for _, e := range l.Entries {
				if !translate.ValidUniqueID(e.UniqueID) || seen[e.UniqueID] {
					t.Errorf("%+v", e)
				}
				seen[e.UniqueID] = true
			}
			s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage {
				return append(mail[1:], liars.OldMessage{Text: "Subject: new\r\n\r\n"})
			})
			m, _ = s.open()
			again, err := m.List(s.ctx, l)
			if err != nil || len(again.Entries) != 5 || again.Entries[4].UID != 6 || again.Entries[0] != l.Entries[1] {
				t.Errorf("%+v, %v", again, err)
			}
		})
	}
}

func TestADamagedListingOfAnOldServer(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: allCaps}, letters(1)...)
	m, _ := s.open()
	if _, err := m.List(s.ctx, translate.Listing{UIDValidity: translate.AssignedValidity}); !errors.Is(err, translate.ErrDamagedListing) {
		t.Errorf("UIDs that are lost were given anew: %v", err)
	}
	if l, err := m.List(s.ctx, translate.Listing{UIDValidity: 7, UIDNext: 100}); err != nil || l.UIDNext != 2 {
		t.Errorf("behind an IMAP server of the same name: %+v, %v", l, err)
	}
}
