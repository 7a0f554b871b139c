package translate

import (
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestMappingRefusesAUniqueIDTwice(t *testing.T) {
	old := Inventory{Listing: Listing{UIDValidity: 1, Entries: []Entry{{UID: 1, UniqueID: "a"}, {UID: 2, UniqueID: "a"}, {UID: 3}, {UID: 4}}}}
	fresh := Inventory{Listing: Listing{UIDValidity: 7}}
	for _, test := range []struct {
		what  string
		match Match
		fine  bool
	}{
		{"one unique-id for two", Match{Pairs: []Pair{{Old: 1, New: 1}, {Old: 2, New: 2}}}, false},
		{"one old message for two", Match{Pairs: []Pair{{Old: 3, New: 1}, {Old: 3, New: 2}}}, false},
		{"one new message for two", Match{Pairs: []Pair{{Old: 3, New: 1}, {Old: 4, New: 1}}}, false},
		{"unique-ids that are computed", Match{Pairs: []Pair{{Old: 3, New: 1}, {Old: 4, New: 2}}}, true},
	} {
		if _, err := NewMapping(old, fresh, test.match, time.Time{}); (err == nil) != test.fine {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	c, err := NewMapping(old, fresh, Match{
		OldOnly: []imap.UID{1}, NewOnly: []imap.UID{5, 6}, Ambiguous: []Group{{Old: []imap.UID{2, 3}, New: []imap.UID{7}}}, Repeated: []Pair{{Old: 4}},
	}, time.Time{})
	if err != nil || c.OldOnly != 1 || c.NewOnly != 2 || c.Ambiguous != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}
