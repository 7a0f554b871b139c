package translate

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestRolledBack(t *testing.T) {
	for _, c := range []struct {
		before, now Listing
		want        bool
	}{
		{Listing{UIDValidity: 7, UIDNext: 20}, Listing{UIDValidity: 7, UIDNext: 15}, true},
		{Listing{UIDValidity: 7, UIDNext: 20}, Listing{UIDValidity: 7, UIDNext: 20}, false},
		{Listing{UIDValidity: 7, UIDNext: 20}, Listing{UIDValidity: 7, UIDNext: 25}, false},
		{Listing{UIDValidity: 7, UIDNext: 20}, Listing{UIDValidity: 8, UIDNext: 15}, false},
		{Listing{UIDValidity: 7, UIDNext: 20}, Listing{UIDValidity: 7}, false},
		{Listing{}, Listing{UIDValidity: 7, UIDNext: 15}, false},
	} {
		if got := RolledBack(c.before, c.now); got != c.want {
			t.Errorf("from %d/%d to %d/%d: %v", c.before.UIDValidity, c.before.UIDNext, c.now.UIDValidity, c.now.UIDNext, got)
		}
	}
}

// No unique-id that was shown before is computed again for another message, and
// those of messages that have stayed, and that come after, do not change.
func TestReissue(t *testing.T) {
	parse := func(s string) Format {
		f, err := ParseFormat(s)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	long := strings.Repeat("x", 50) + "%08Xu%08Xv"
	for _, spans := range [][]Span{
		{{From: 1}},
		{{From: 1, Format: parse("hmailserver")}},
		{{From: 1, Format: parse(long)}},
		{{From: 1, Format: parse("uw")}, {From: 8, Format: parse("cyrus")}, {From: 18, Format: parse("uw")}, {From: 30}},
	} {
		shown := func(spans []Span, uid imap.UID) string {
			for _, s := range slices.Backward(spans) {
				if s.From <= uid {
					return string(s.Format.Append(nil, 7, uid))
				}
			}
			return ""
		}
		ids := make(map[string]bool)
		for uid := imap.UID(1); uid < 20; uid++ {
			ids[shown(spans, uid)] = true
		}
		next := spans
		for round, salt := range []string{"r1", "r2"} {
			before := next
			next = Reissue(before, 10, 20, salt)
			for uid := imap.UID(1); uid < 40; uid++ {
				id := shown(next, uid)
				switch {
				case !ValidUniqueID(id):
					t.Errorf("%v: UID %d has %q", spans, uid, id)
				case (uid < 10 || uid >= 20) && id != shown(spans, uid):
					t.Errorf("%v: UID %d has become %q in round %d", spans, uid, id, round)
				case uid >= 10 && uid < 20 && ids[id]:
					t.Errorf("%v: UID %d has %q again in round %d", spans, uid, id, round)
				}
				if uid >= 10 && uid < 20 {
					ids[id] = true
				}
			}
			if !slices.IsSortedFunc(next, func(a, b Span) int { return int(a.From) - int(b.From) }) {
				t.Errorf("%v", next)
			}
		}
	}
	if Reissue(nil, 10, 20, "r") != nil {
		t.Error("a maildrop that was never served has spans")
	}
	gmail := Reissue([]Span{{From: 1, Format: parse("gmail")}}, 10, 20, "r")
	if !gmail[1].Format.NeedsGmailID() {
		t.Error("Gmail's unique-ids are replaced")
	}
}
