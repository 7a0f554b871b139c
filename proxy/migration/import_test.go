package migration_test

import (
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/migration"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

func TestImport(t *testing.T) {
	s := newStage(t)
	list := func(words string) (messages []mailstore.Message) {
		for id := range strings.FieldsSeq(words) {
			m := mailstore.Message{UniqueID: id, Octets: 10}
			m.Print = translate.PrintHeader([]byte("Message-ID: <" + id + ">\n"))
			messages = append(messages, m)
		}
		return messages
	}
	if _, err := s.Import(t.Context(), "old", s.alice.Name, list("a"), migration.Careful); err == nil || !strings.Contains(err.Error(), `protocol = "pop3"`) {
		t.Errorf("for an upstream with IMAP: %v", err)
	}
	s.Config.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	got, err := s.Import(t.Context(), "old", s.alice.Name, list("b a c"), migration.Careful)
	if err != nil || got.Messages != 3 || got.New != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	// Another import has one message less, one more, and another order.
	messages := append(list("c a"), mailstore.Message{UniqueID: "d d", Octets: 5})
	messages[0].Octets, messages[0].Print = 0, translate.Print{}
	got, err = s.Import(t.Context(), "old", s.alice.Name, messages, migration.Careful)
	if err != nil || got != (migration.Imported{Messages: 3, New: 1, Odd: translate.Oddity{Invalid: 1, Example: `"d d"`}}) {
		t.Fatalf("%+v, %v", got, err)
	}
	box, err := s.Where(t.Context(), "old", s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	known, err := s.store.Mailboxes.LoadInventory(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, e := range known.Listing.InOrder() {
		text = append(text, e.UniqueID)
		if want := (map[string]int64{"c": 10, "a": 10, "d d": 5})[e.UniqueID]; e.Size != want {
			t.Errorf("%s has %d octets, want %d", e.UniqueID, e.Size, want)
		}
		if hasPrint := known.Prints[e.UID] != (translate.Print{}); hasPrint != (e.UniqueID != "d d") {
			t.Errorf("%s: a print is known: %v", e.UniqueID, hasPrint)
		}
	}
	if strings.Join(text, ",") != "c,a,d d" || known.Listing.UIDNext != 5 || known.Listing.UIDValidity != translate.AssignedValidity {
		t.Errorf("%v, %+v", text, known.Listing)
	}
}
