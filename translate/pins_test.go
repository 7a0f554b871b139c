package translate_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

func uniqueIDs(t *rapid.T, m *translate.Maildrop) map[imap.UID]string {
	ids := make(map[imap.UID]string)
	taken := make(map[string]imap.UID)
	for msg := range m.Messages {
		id := string(m.AppendUniqueID(nil, msg.Number))
		if !translate.ValidUniqueID(id) {
			t.Fatalf("UID %d has the unique-id %q", msg.UID, id)
		}
		if other, twice := taken[id]; twice {
			t.Fatalf("UIDs %d and %d share %q", other, msg.UID, id)
		}
		ids[msg.UID], taken[id] = id, msg.UID
	}
	return ids
}

// Whatever an upstream gives as unique-ids, a device gets valid ones, each once,
// and the same in every session while messages come and go.
func TestUniqueIDsAreDistinctAndStable(t *testing.T) {
	// Few values, so that they collide with each other and with computed ones.
	given := rapid.SampledFrom([]string{
		"", "", "A", "B", "7.1", "7.2", "7.3", "u7.1", "7.2.2", "has blank", "\x01", strings.Repeat("l", 70), strings.Repeat("l", 71),
		strings.Repeat("x", 58) + "7-0000000002", strings.Repeat("x", 58) + "7-0000000001",
	})
	formats := rapid.SampledFrom([]string{"cyrus", "dovecot", "gmail", strings.Repeat("x", 49) + "%010v-%010u", strings.Repeat("x", 58) + "%01v-%010u"})
	rapid.Check(t, func(t *rapid.T) {
		format, err := translate.ParseFormat(formats.Draw(t, "format"))
		if err != nil {
			t.Fatal(err)
		}
		known := translate.Known{UIDValidity: 7, UniqueIDs: make(map[imap.UID]string)}
		l, seen := translate.Listing{UIDValidity: 7}, make(map[imap.UID]string)
		next := imap.UID(1)
		for range rapid.IntRange(1, 5).Draw(t, "sessions") {
			var left []translate.Entry
			for _, e := range l.Entries {
				if rapid.IntRange(0, 3).Draw(t, "expunged at 0") > 0 {
					left = append(left, e)
				}
			}
			for range rapid.IntRange(0, 4).Draw(t, "delivered") {
				left = append(left, translate.Entry{UID: next, UniqueID: given.Draw(t, "given")})
				next++
			}
			l.Entries = left
			m, err := translate.NewMaildrop(l, known, translate.Policy{UniqueID: format})
			if err != nil {
				t.Fatal(err)
			}
			for uid, id := range uniqueIDs(t, m) {
				if was, ok := seen[uid]; ok && was != id {
					t.Fatalf("UID %d was %q and is %q now", uid, was, id)
				}
				seen[uid] = id
			}
			maps.Copy(known.UniqueIDs, m.Facts().Pins)
		}
	})
}

// What the ledger has pinned is served whatever the upstream gives.
func TestPinnedUniqueIDsWin(t *testing.T) {
	l := translate.Listing{UIDValidity: 7, Entries: []translate.Entry{{UID: 1}, {UID: 2, UniqueID: "given"}, {UID: 3}}}
	known := translate.Known{UIDValidity: 7, UniqueIDs: map[imap.UID]string{2: "old-two", 3: "old-three"}}
	m, err := translate.NewMaildrop(l, known, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"0000000100000007", "old-two", "old-three"} {
		if got := string(m.AppendUniqueID(nil, n+1)); got != want {
			t.Errorf("message %d: %q, want %q", n+1, got, want)
		}
	}
	if pins := m.Facts().Pins; len(pins) > 0 {
		t.Errorf("pins that are known already are reported again: %v", pins)
	}
	known.UIDValidity = 6
	if m, err = translate.NewMaildrop(l, known, translate.Policy{}); err != nil {
		t.Fatal(err)
	}
	if got := string(m.AppendUniqueID(nil, 3)); got != "0000000300000007" {
		t.Errorf("a pin of another UIDVALIDITY is served: %q", got)
	}
}

// Of messages that the ledger gives one unique-id the first keeps it. The others get
// their own, which are written down: they stay when the first is gone.
func TestPinsThatAreRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		pins  map[imap.UID]string
		given string // as the upstream gives it to UID 3
		want  []string
	}{
		"two":                      {map[imap.UID]string{1: "one", 3: "one"}, "", []string{"one", "0000000200000007", "0000000300000007"}},
		"all":                      {map[imap.UID]string{1: "one", 2: "one", 3: "one"}, "", []string{"one", "0000000200000007", "0000000300000007"}},
		"two, and one of its own":  {map[imap.UID]string{1: "one", 2: "0000000300000007", 3: "one"}, "", []string{"one", "0000000300000007", "u7.3"}},
		"two that nobody may have": {map[imap.UID]string{1: "has blank", 3: "has blank"}, "", []string{"has blank", "0000000200000007", "0000000300000007"}},
		"as the upstream gives it": {map[imap.UID]string{1: "one", 3: "one"}, "one", []string{"one", "0000000200000007", "0000000300000007"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := translate.Listing{UIDValidity: 7, Entries: []translate.Entry{{UID: 1}, {UID: 2}, {UID: 3, UniqueID: c.given}}}
			known := translate.Known{UIDValidity: 7, UniqueIDs: c.pins}
			for range 3 {
				m, err := translate.NewMaildrop(l, known, translate.Policy{})
				if err != nil {
					t.Fatal(err)
				}
				for n := range l.Entries {
					if got, want := string(m.AppendUniqueID(nil, n+1)), c.want[n+3-len(l.Entries)]; got != want {
						t.Errorf("of %d, message %d: %q, want %q", len(l.Entries), n+1, got, want)
					}
				}
				known.UniqueIDs = maps.Clone(known.UniqueIDs)
				maps.Copy(known.UniqueIDs, m.Facts().Pins)
				l.Entries = l.Entries[1:]
			}
		})
	}
}

// A count after a unique-id that is as long as one may be would make it invalid.
func TestACollisionOfTheLongestUniqueIDs(t *testing.T) {
	long := strings.Repeat("x", 60)
	format, err := translate.ParseFormat(long + "%010u")
	if err != nil {
		t.Fatal(err)
	}
	l := translate.Listing{UIDValidity: 7, Entries: []translate.Entry{
		{UID: 1, UniqueID: "A"}, {UID: 2, UniqueID: long + "0000000003"}, {UID: 3, UniqueID: "A"}, {UID: 4, UniqueID: "u7.5"},
		{UID: 5, UniqueID: "u7.5"}, {UID: 6, UniqueID: long + "0000000005"},
	}}
	m, err := translate.NewMaildrop(l, translate.Known{UIDValidity: 7}, translate.Policy{UniqueID: format})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"A", long + "0000000003", "u7.3", "u7.5", long + "0000000005", long + "0000000006"} {
		if got := string(m.AppendUniqueID(nil, n+1)); got != want {
			t.Errorf("message %d: %q, want %q", n+1, got, want)
		}
	}
}
