package migration_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/migration"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

// known is what the ledger knows of the old server: how many messages, and the
// first one's unique-id.
func (s *stage) known(t *testing.T, upstream string) string {
	t.Helper()
	box, err := s.Where(t.Context(), upstream, s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.store.Mailboxes.LoadInventory(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(len(i.Listing.Entries))
	if len(i.Listing.Entries) > 0 {
		text += " " + i.Listing.InOrder()[0].UniqueID
	}
	return text
}

// A store that is read with a wrong format, or that is another's, does not take the
// place of what is known; forced, it does.
func TestLessIsNotImported(t *testing.T) {
	s := newStage(t)
	s.Config.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	take := func(how migration.Take, words string) error {
		var messages []mailstore.Message
		for id := range strings.FieldsSeq(words) {
			messages = append(messages, mailstore.Message{UniqueID: id, Octets: 10})
		}
		_, err := s.Import(t.Context(), "old", s.alice.Name, messages, how)
		return err
	}
	if err := errors.Join(take(migration.Careful, ""), take(migration.Careful, "a b c d")); err != nil {
		t.Fatal(err)
	}
	for what, words := range map[string]string{"nothing": "", "less": "a b c", "as many of others": "a e f g", "more of others": "e f g h i a"} {
		if err := take(migration.Careful, words); !errors.Is(err, migration.ErrLess) || s.known(t, "old") != "4 a" {
			t.Errorf("%s: %v, and %s are known", what, err, s.known(t, "old"))
		}
	}
	if err := take(migration.Careful, "b c d e"); err != nil || s.known(t, "old") != "4 b" {
		t.Errorf("one went and one came: %v, and %s are known", err, s.known(t, "old"))
	}
	if err := take(migration.Force, "x"); err != nil || s.known(t, "old") != "1 x" {
		t.Errorf("forced: %v, and %s are known", err, s.known(t, "old"))
	}
}

// A server that is empty all of a sudden, or has given all messages other unique-ids,
// does not take the place of what is known.
func TestLessIsNotHarvested(t *testing.T) {
	s := newStage(t)
	s.old.put(letter(1, 10), letter(2, 20), letter(3, 30))
	take := func(how migration.Take) error {
		_, err := s.Harvest(t.Context(), "old", s.alice, migration.HeadersAll, migration.Gentle{}, how)
		return err
	}
	if err := take(migration.Careful); err != nil {
		t.Fatal(err)
	}
	messages := s.old.messages
	s.old.messages = []string{"", "", ""}
	if err := take(migration.Careful); !errors.Is(err, migration.ErrLess) || !migration.Hopeless(err) || s.known(t, "old") != "3 old.1" {
		t.Errorf("an empty server: %v, and %s are known", err, s.known(t, "old"))
	}
	s.old.messages = append([]string{"", "", ""}, messages...)
	s.old.ids, s.old.assigned = append(s.old.ids, "x", "y", "z"), true
	if err := take(migration.Careful); !errors.Is(err, migration.ErrLess) || s.known(t, "old") != "3 old.1" {
		t.Errorf("other unique-ids: %v, and %s are known", err, s.known(t, "old"))
	}
	s.old.messages[1] = messages[1]
	if err := take(migration.Careful); err != nil || s.known(t, "old") != "4 old.2" {
		t.Errorf("one is left: %v, and %s are known", err, s.known(t, "old"))
	}
	s.old.messages = []string{""}
	if err := take(migration.Force); err != nil || s.known(t, "old") != "0" {
		t.Errorf("forced: %v, and %s are known", err, s.known(t, "old"))
	}
}

// A match does not take the place of a better one, whatever has become of the new
// mailbox; forced, it does.
func TestLessIsNotMatched(t *testing.T) {
	s := newStage(t)
	s.old.put(letter(1, 10), letter(2, 20), letter(3, 30))
	s.fresh.put(letter(1, 10), letter(2, 20), letter(3, 30))
	s.remember(t)
	take := func(how migration.Take) error {
		_, err := s.Match(t.Context(), "old", "new", s.alice, how)
		return err
	}
	pairs := func() int { return len(s.kept(t).Pairs) }
	if err := take(migration.Careful); err != nil || pairs() != 3 {
		t.Fatalf("%v, %d pairs", err, pairs())
	}
	messages := s.fresh.messages
	s.fresh.messages = []string{"", "", ""}
	if err := take(migration.Careful); !errors.Is(err, migration.ErrLess) || pairs() != 3 || !strings.HasPrefix(s.known(t, "new"), "3") {
		t.Errorf("an empty mailbox: %v, %d pairs, and %s are known", err, pairs(), s.known(t, "new"))
	}
	s.fresh.messages = messages[:2]
	if err := take(migration.Careful); err != nil || pairs() != 2 {
		t.Errorf("one is gone: %v, %d pairs", err, pairs())
	}
	s.fresh.messages = []string{""}
	if err := take(migration.Force); err != nil || pairs() != 0 {
		t.Errorf("forced: %v, %d pairs", err, pairs())
	}
}

// What was matched, and is on both servers still, is not given up because it cannot
// be told apart now.
func TestAPairIsNotGivenUp(t *testing.T) {
	s := newStage(t)
	s.old.put(letter(1, 10))
	s.fresh.put(letter(1, 10))
	s.remember(t)
	if _, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful); err != nil {
		t.Fatal(err)
	}
	kept := s.kept(t)
	// As an earlier release, or an operator's import, may have found it.
	kept.Pairs = append(kept.Pairs, translate.Pair{Old: 2, New: 2})
	s.old.put(letter(7, 10))
	s.fresh.put(letter(8, 90))
	s.remember(t)
	if err := s.store.Mailboxes.SaveMapping(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	_, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful)
	if !errors.Is(err, migration.ErrLess) || len(s.kept(t).Pairs) != 2 {
		t.Errorf("%v, %d pairs", err, len(s.kept(t).Pairs))
	}
	if _, err = s.Match(t.Context(), "old", "new", s.alice, migration.Force); err != nil || len(s.kept(t).Pairs) != 1 {
		t.Errorf("forced: %v, %d pairs", err, len(s.kept(t).Pairs))
	}
}
