package maildrop_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// openLater opens a maildrop as a device's login does: where deleted messages go may be asked
// for when there are some.
func (s *site) openLater() *maildrop.Maildrop {
	s.t.Helper()
	d, err := s.tryLater("alice")
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// tryLater is openLater for some account of the server.
func (s *site) tryLater(login string) (*maildrop.Maildrop, error) {
	s.t.Helper()
	r, t := s.request, s.request.Target
	m, err := s.pool.Open(s.t.Context(), backend.Request{
		Upstream: t.Upstream, Maildrop: t.Maildrop, Account: login, Password: configs.NewSecret(liars.Password), Client: r.Client, Log: r.Log, TargetsLater: true,
	})
	if err != nil {
		return nil, err
	}
	r.Target.Account, r.Target.Key.Account, r.Target.UpstreamLogin, r.Mailbox = login, login, login, m
	return maildrop.Open(s.t.Context(), r)
}

// untargeted is a site whose account has a Trash under a name of its own.
func untargeted(t *testing.T) *site {
	s := newSite(t)
	s.server = liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "SPECIAL-USE"}})
	s.request.Target.Upstream.Address = s.server.Address()
	s.tells()
	s.again()
	return s
}

// tells has the server be known to tell of mailboxes: another account has asked for them.
func (s *site) tells() {
	s.t.Helper()
	s.server.Lie()
	d, err := s.tryLater(rand.Text())
	if err != nil {
		s.t.Fatal(err)
	}
	d.Close()
}

// again has the server begin anew, with rules.
func (s *site) again(rules ...liars.Rule) {
	s.server.Reset()
	s.server.Mail(func(m *liars.Mail) { m.Box("Trash").Name = "Bin" })
	s.server.Lie(rules...)
}

// A session asks where deleted messages go only when it deletes some, and then before it
// promises anything: what cannot be found out refuses the QUIT, and nothing is touched.
func TestTargetsAreFoundAtQuit(t *testing.T) {
	s := untargeted(t)
	d := s.openLater()
	if _, err := d.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if n := s.server.Sent("LIST") + s.server.Sent("NAMESPACE"); n > 0 {
		t.Errorf("nothing was deleted, and the mailboxes were listed: %q", s.server.Commands())
	}

	for name, lie := range map[string]liars.Rule{
		"refused":   liars.Always("LIST", liars.No("")),
		"cut":       liars.Always("LIST", liars.Die()),
		"forbidden": liars.Always("LIST", liars.No("[NOPERM]")),
	} {
		s.tells()
		s.again(lie)
		d := s.openLater()
		if err := d.Delete(1); err != nil {
			t.Fatal(err)
		}
		if left, err := d.Commit(t.Context()); err == nil || left != 1 {
			t.Errorf("%s: %d stay: %v", name, left, err)
		}
		d.Close()
		for _, c := range s.server.Commands() {
			if strings.HasPrefix(c, "UID MOVE") || strings.HasPrefix(c, "UID STORE") || strings.HasPrefix(c, "UID COPY") || strings.HasPrefix(c, "CREATE") {
				t.Errorf("%s: the server was sent %q", name, c)
			}
		}
		// From now on it is not believed to tell, and a login hears of it.
		if d, err := s.tryLater(rand.Text()); err == nil {
			d.Close()
			t.Errorf("%s: the next login is not refused", name)
		}
	}

	// One that is lost over it is no trouble: another connection tells.
	s.tells()
	s.again(liars.Once("LIST", liars.Die()))
	d = s.openLater()
	if d.Len() != 4 {
		t.Errorf("%d messages are left of 4", d.Len())
	}
	if err := d.Delete(1); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	d.Close()
	if !slices.ContainsFunc(s.server.Commands(), func(c string) bool { return c == `UID MOVE 11 "Bin"` }) {
		t.Errorf("the server was sent %q", s.server.Commands())
	}
}

// What is refused at a login because of where deleted messages go is refused at the QUIT that
// finds out.
func TestTargetsThatWillNotDo(t *testing.T) {
	s := newSite(t)
	s.server = liars.New(t, liars.Options{Caps: []string{"MOVE", "SPECIAL-USE"}})
	s.request.Target.Upstream.Address = s.server.Address()
	s.request.Target.Maildrop.StruckOut = translate.StruckOutShow
	s.tells()
	// INBOX is where deleted messages go, so they are removed there, which takes UIDPLUS.
	s.server.Lie(liars.Always("LIST", liars.Say("* LIST (\\Trash) \"/\" INBOX\r\n{tag} OK\r\n")))
	d := s.openLater()
	defer d.Close()
	if err := d.Delete(1); err != nil {
		t.Fatal(err)
	}
	if left, err := d.Commit(t.Context()); err == nil || left != 1 || s.server.Sent("UID STORE") > 0 {
		t.Errorf("%d stay: %v: %q", left, err, s.server.Commands())
	}
}
