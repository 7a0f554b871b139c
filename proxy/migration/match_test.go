package migration_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

// reasons are those of the pairs, in order of new UIDs.
func reasons(c translate.Mapping) (pairs [][2]imap.UID, why []string) {
	for _, p := range c.Pairs {
		pairs, why = append(pairs, [2]imap.UID{p.Old, p.New}), append(why, p.Reason.String())
	}
	return pairs, why
}

func (s *stage) kept(t *testing.T) translate.Mapping {
	t.Helper()
	old, err := s.Where(t.Context(), "old", s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := s.Where(t.Context(), "new", s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.store.Mailboxes.LoadMapping(t.Context(), old, fresh)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMatchReadsWhatIsNeeded(t *testing.T) {
	s := newStage(t)
	twin := letter(9, 3)
	for i := range 6 {
		s.old.put(letter(i+1, 10*(i+1)))
	}
	s.old.put(twin, twin)
	s.remember(t)
	s.fresh.put(s.old.messages[:6]...)
	s.fresh.put(twin, twin, letter(100, 5))

	m, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful)
	if err != nil || m.Unread != nil {
		t.Fatal(err, m.Unread)
	}
	pairs, why := reasons(s.kept(t))
	if want := [][2]imap.UID{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}}; !reflect.DeepEqual(pairs, want) {
		t.Errorf("pairs %v, want %v", pairs, want)
	}
	if got, want := strings.Join(why, ", "), "order and octets, order and octets, order and octets, order and octets, order and octets, header, body, body"; got != want {
		t.Errorf("because of %s, want %s", got, want)
	}
	if s.old.headers != 3 || s.fresh.headers != 4 || s.old.bodies != 2 || s.fresh.bodies != 2 || m.Headers != 7 || m.Bodies != 4 {
		t.Errorf("read of the old server: %d headers, %d bodies; of the new one: %d, %d; told: %d, %d", s.old.headers, s.old.bodies, s.fresh.headers, s.fresh.bodies, m.Headers, m.Bodies)
	}
	if m.Old != 8 || m.New != 9 || len(m.NewOnly) != 1 || len(m.OldOnly) != 0 {
		t.Errorf("%+v", m)
	}
	// What was read is known from now on.
	*s.old = server{validity: 1, refuses: errors.New("the old server is gone")}
	s.fresh.headers, s.fresh.bodies = 0, 0
	again, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful)
	if err != nil || !reflect.DeepEqual(again.Match, m.Match) || s.fresh.headers+s.fresh.bodies > 0 {
		t.Errorf("again: %+v, %v, %d headers and %d bodies read", again.Match, err, s.fresh.headers, s.fresh.bodies)
	}
}

func TestMatchWithoutTheOldServer(t *testing.T) {
	s := newStage(t)
	twin := letter(9, 3)
	for i := range 5 {
		s.old.put(letter(i+1, 10*(i+1)))
	}
	s.remember(t)
	s.fresh.put(s.old.messages...)
	s.old.refuses = translate.BadCredentials(errors.New("wrong password"))
	m, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful)
	if err != nil || m.Unread == nil || m.Unread.Error() != "wrong password" {
		t.Errorf("%v, %v", m.Unread, err)
	}
	if len(m.Pairs) != 3 || len(m.OldOnly) != 2 {
		t.Errorf("what octets tell: %+v", m)
	}
	// A connection that is lost in the middle costs what was not read, and no more.
	s.old.refuses, s.old.unreadable = nil, map[imap.UID]bool{5: true}
	s.old.put(twin)
	s.remember(t)
	s.fresh.put(twin)
	m, err = s.Match(t.Context(), "old", "new", s.alice, migration.Careful)
	if err != nil || m.Unread == nil {
		t.Errorf("%v, %v", m.Unread, err)
	}
	for _, p := range m.Pairs {
		if p.Old != p.New {
			t.Errorf("paired %v", p)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	s := newStage(t)
	if _, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful); err == nil || !strings.Contains(err.Error(), "harvest or import it first") {
		t.Errorf("with nothing to match: %v", err)
	}
	s.old.put(letter(1, 1))
	s.remember(t)
	if _, err := s.Match(t.Context(), "old", "third", s.alice, migration.Careful); err == nil || !strings.Contains(err.Error(), `"third" is not in the configuration`) {
		t.Errorf("to nowhere: %v", err)
	}
	s.alice.Password = configs.Secret{}
	if _, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful); err == nil || !strings.Contains(err.Error(), "there is no password") {
		t.Errorf("without a password: %v", err)
	}
	s.Config.Upstream["new"] = configs.Upstream{Name: "new", Auth: configs.AuthMaster}
	if _, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful); err != nil {
		t.Errorf("as a master user: %v", err)
	}
}
