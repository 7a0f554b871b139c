package translate

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// TestTidy: of the hundreds of spans that false alarms have left, those stay whose
// messages are there; no message that is there gets another unique-id, and none to
// come.
func TestTidy(t *testing.T) {
	many := []Span{{From: 1}}
	for n := range 200 {
		at := imap.UID(4 + n)
		salted := many[0].Format.salted(Salt(1_790_000_000_000 + int64(n)))
		many = append(many, Span{From: at, Format: salted}, Span{From: at + 1})
	}
	all := func(from, to imap.UID) (entries []Entry) {
		for uid := from; uid < to; uid++ {
			entries = append(entries, Entry{UID: uid})
		}
		return entries
	}
	for name, c := range map[string]struct {
		spans   []Span
		entries []Entry
		want    int // spans
		pinned  map[imap.UID]string
		atLeast int // new pins
	}{
		"few are left alone":     {spans: many[:9], entries: all(1, 3), want: 9},
		"their messages gone":    {spans: many, entries: all(1, 4), want: 1},
		"all of them gone":       {spans: many, want: 1},
		"some are there":         {spans: many, entries: append(all(1, 6), Entry{UID: 100}, Entry{UID: 150}), want: 8},
		"all are there":          {spans: many, entries: all(1, 300), want: maxSpans, atLeast: 150},
		"some are pinned before": {spans: many, entries: all(1, 300), want: maxSpans, pinned: map[imap.UID]string{5: "five", 6: "six"}, atLeast: 150},
	} {
		t.Run(name, func(t *testing.T) {
			l := Listing{UIDValidity: 7, UIDNext: 300, Entries: c.entries}
			known := Known{UIDValidity: 7, Formats: c.spans, UniqueIDs: c.pinned}
			shown := func(k Known) (ids []string) {
				more := l
				more.Entries = append(append([]Entry(nil), l.Entries...), Entry{UID: 300}, Entry{UID: 1000})
				drop, err := NewMaildrop(more, k, Policy{})
				if err != nil {
					t.Fatal(err)
				}
				for n := range drop.Len() {
					ids = append(ids, string(drop.AppendUniqueID(nil, n+1)))
				}
				return ids
			}
			before := shown(known)
			spans, pins := known.Tidy(l)
			if len(spans) > c.want || len(pins) < c.atLeast || spans[0].From != 1 {
				t.Errorf("%d spans from %v and %d pins; want at most %d and at least %d", len(spans), spans[0].From, len(pins), c.want, c.atLeast)
			}
			tidied := Known{UIDValidity: 7, Formats: spans, UniqueIDs: make(map[imap.UID]string)}
			for uid, id := range c.pinned {
				tidied.UniqueIDs[uid] = id
			}
			for uid, id := range pins {
				if _, was := c.pinned[uid]; was {
					t.Errorf("UID %d is pinned again", uid)
				}
				tidied.UniqueIDs[uid] = id
			}
			if after := shown(tidied); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("unique-ids before and after:\n%v\n%v", before, after)
			}
		})
	}
}

// TestSaltsDoNotGrow: a mailbox that is rolled back a hundred times has unique-ids as
// long as after the first, and none of them twice.
func TestSaltsDoNotGrow(t *testing.T) {
	spans := []Span{{From: 1}}
	ids := make(map[string]bool)
	length := 0
	for n := range 100 {
		spans = Reissue(spans, 4, 5, Salt(1_790_000_000_000+int64(n)))
		known := Known{UIDValidity: 7, Formats: spans}
		drop, err := NewMaildrop(Listing{UIDValidity: 7, UIDNext: 5, Entries: []Entry{{UID: 4}}}, known, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		id := string(drop.AppendUniqueID(nil, 1))
		if ids[id] || n > 0 && len(id) != length {
			t.Fatalf("after %d times UID 4 has %q", n+1, id)
		}
		ids[id], length = true, len(id)
	}
}
