package maildrop_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/maildrop"
	"popbridge/proxy/route"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// site is a scripted server, a ledger in memory, and what is open of both.
type site struct {
	t       testing.TB
	server  *liars.Server
	pool    *imapbox.Pool
	store   *ledger.Store
	request maildrop.Request
	open    map[string]int // mailboxes and pages
	noPage  error          // why no page can be opened
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}}), open: make(map[string]int)}
	s.pool = imapbox.NewPool(upstream.NewDialer())
	t.Cleanup(s.pool.Close)
	var err error
	if s.store, err = ledger.Open(t.Context(), ledger.Options{Driver: ledger.DriverMemory, Serve: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	s.request = maildrop.Request{
		Backend: backend.Backend{OpenPage: func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
			if s.noPage != nil {
				return nil, s.noPage
			}
			p, err := s.store.OpenPage(ctx, k)
			if err != nil {
				return nil, err
			}
			s.open["page"]++
			return countedPage{p, s}, nil
		}},
		Target: route.Target{
			Login:         translate.Login{Account: "alice", Device: "phone"},
			Upstream:      configs.Upstream{Name: "mail", Address: s.server.Address(), TLS: configs.TLSNone, Timeout: 30 * time.Second},
			UpstreamLogin: "alice",
			Maildrop: configs.Maildrop{
				Name: "default", Mailbox: configs.Mailboxes{"INBOX"}, OnDelete: translate.DeleteTrash, OnRetrieve: translate.RetrieveSeen, Lock: translate.LockAccount, LockTakeover: time.Hour,
			},
			Key: route.MaildropKey{Account: "alice", Name: "default"},
		},
		Session: "1", Client: netip.MustParseAddr("192.0.2.1"), Displaced: func() {}, Log: hclog.NewNullLogger(),
	}
	return s
}

type countedPage struct {
	backend.Page
	s *site
}

func (p countedPage) Close() error {
	p.s.open["page"]--
	return p.Page.Close()
}

type countedMailbox struct {
	backend.Mailbox
	s *site
}

func (m countedMailbox) Close() error {
	m.s.open["mailbox"]--
	return m.Mailbox.Close()
}

type countedSeveral struct {
	countedMailbox
	backend.Several
}

// openMaildrop logs in upstream and opens the maildrop.
func (s *site) openMaildrop() (*maildrop.Maildrop, error) {
	s.t.Helper()
	r, t := s.request, s.request.Target
	m, err := s.pool.Open(s.t.Context(), backend.Request{
		Upstream: t.Upstream, Maildrop: t.Maildrop, Account: t.UpstreamLogin, Password: configs.NewSecret(liars.Password), Client: r.Client, Log: r.Log,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.open["mailbox"]++
	r.Mailbox = countedMailbox{m, s}
	if t.Maildrop.Mailbox.Several() {
		r.Mailbox = countedSeveral{countedMailbox{m, s}, m}
	}
	return maildrop.Open(s.t.Context(), r)
}

func (s *site) mustOpen() *maildrop.Maildrop {
	s.t.Helper()
	d, err := s.openMaildrop()
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// isOpen fails where something else is open; one of a kind is the most there is.
func (s *site) isOpen(when string, mailboxes, pages int) {
	s.t.Helper()
	if want := map[string]int{"mailbox": mailboxes, "page": pages}; s.open["mailbox"] != mailboxes || s.open["page"] != pages {
		s.t.Errorf("%s: open is %v, want %v", when, maps.Clone(s.open), want)
	}
}

// What fails while a maildrop is opened leaves nothing open, and the lock is free.
func TestAFailureLeavesNothingOpen(t *testing.T) {
	for name, spoil := range map[string]func(*site){
		"the lock is held": func(s *site) { s.noPage = translate.InUse(errors.New("another session has it")) },
		"the listing is refused": func(s *site) {
			s.server.Lie(liars.Always("RFC822.SIZE", liars.No("")), liars.Always("UID FETCH", liars.No("")))
		},
		"the mailbox is read-only": func(s *site) { s.server.Lie(liars.Always("SELECT", liars.Swap("READ-WRITE", "READ-ONLY"))) },
		"the device is not known":  func(s *site) { s.request.KnownDevices = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			spoil(s)
			if d, err := s.openMaildrop(); err == nil {
				t.Errorf("it was opened: %v", d)
			}
			s.isOpen("after the failure", 0, 0)
			s.server.Lie()
			s.noPage, s.request.KnownDevices = nil, false
			d := s.mustOpen()
			s.isOpen("after a login", 1, 1)
			d.Close()
			s.isOpen("after it has ended", 0, 0)
		})
	}
}

// A maildrop may be released twice, and closed behind that: each thing is closed once,
// and the next session gets the lock.
func TestReleaseTwice(t *testing.T) {
	s := newSite(t)
	d := s.mustOpen()
	for _, when := range []string{"released", "released again"} {
		d.Release(t.Context())
		s.isOpen(when, 0, 0)
	}
	d.Close()
	s.isOpen("closed", 0, 0)
	s.mustOpen().Close()
	s.isOpen("the next session", 0, 0)
}

// A session without QUIT marks what was retrieved as seen and deletes nothing; one
// that was released has said all that it had to say.
func TestAbandon(t *testing.T) {
	s := newSite(t)
	for _, released := range []bool{true, false} {
		d := s.mustOpen()
		if err := d.Delete(1); err != nil {
			t.Fatal(err)
		}
		d.Retrieved(2, 75)
		if released {
			d.Release(t.Context())
		}
		before := len(s.server.Commands())
		d.Abandon(t.Context())
		if n := s.server.Sent("UID STORE"); (n == 0) != released {
			t.Errorf("released is %v, and %d flags are set: %q", released, n, s.server.Commands()[before:])
		}
		if released && len(s.server.Commands()) != before {
			t.Errorf("released, and then sent %q", s.server.Commands()[before:])
		}
		d.Close()
		s.isOpen("abandoned", 0, 0)
	}
	s.server.Mail(func(m *liars.Mail) {
		if kept := m.Inbox().Find(11); kept == nil || kept.Has(`\Deleted`) || !m.Inbox().Find(12).Has(`\Seen`) {
			t.Errorf("the messages are now %+v and %+v", kept, m.Inbox().Find(12))
		}
	})
}

// What was committed is not done again: not by a second Commit, not at the end of the
// session, and not at the next login, which has no interrupted QUIT to finish.
func TestCommitIsNotRepeated(t *testing.T) {
	for verb, caps := range map[string][]string{"UID MOVE": {"UIDPLUS", "MOVE"}, "UID COPY": {"UIDPLUS"}} {
		s := newSite(t)
		s.server = liars.New(t, liars.Options{Caps: caps})
		s.request.Target.Upstream.Address = s.server.Address()
		var log bytes.Buffer
		s.request.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
		d := s.mustOpen()
		if err := d.Delete(1); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if left, err := d.Commit(t.Context()); err != nil {
				t.Errorf("%d stay: %v", left, err)
			}
		}
		d.Abandon(t.Context())
		d.Release(t.Context())
		if d = s.mustOpen(); d.Len() != 3 {
			t.Errorf("the next session has %d messages", d.Len())
		}
		d.Close()
		if n := s.server.Sent(verb); n != 1 || strings.Contains(log.String(), "interrupted") {
			t.Errorf("%d times %s: %q\n%s", n, verb, s.server.Commands(), log.String())
		}
		s.isOpen("at the end", 0, 0)
	}
}
