package imapbox_test

import (
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestOnlyWithAKeptConnection: a mailbox that is to be opened without a login is opened with
// a parked connection that has logged in alike and lives, or not at all; to ask whether there
// is one costs the server nothing, and takes none away.
func TestOnlyWithAKeptConnection(t *testing.T) {
	s := newSite(t)
	opens := func(name, account, password string, kept, want bool) {
		t.Helper()
		req := s.request(account, password)
		if said := s.said(); s.pool.Kept(req) != kept || s.said() != said {
			t.Errorf("%s: kept %t, and the server has heard %q", name, !kept, s.since(said))
		}
		req.Kept = true
		m, err := s.pool.Open(s.ctx, req)
		if (err == nil) != want || err != nil && translate.Refuse(err).Code != translate.CodeSysTemp {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			s.close(m)
		}
		if n := s.server.Logins(); n > 1 {
			t.Errorf("%s: it has logged in", name)
		}
	}
	opens("nobody has come", "alice", liars.Password, false, false)
	s.poll(translate.Listing{})
	opens("who has come", "alice", liars.Password, true, true)
	opens("a wrong password", "alice", "guess", false, false)
	opens("another account", "bob", liars.Password, false, false)
	opens("who comes again", "alice", liars.Password, true, true)
	s.drop.Mailbox = []string{"Archive"}
	opens("another mailbox", "alice", liars.Password, false, false)
	s.drop.Mailbox = []string{"INBOX"}
	s.server.Lie(liars.Once("NOOP", liars.Bye()))
	opens("one that has died", "alice", liars.Password, true, false)
	opens("it is gone", "alice", liars.Password, false, false)
	s.is("reuses", upstream.Reuses, 2)
}
