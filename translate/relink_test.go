package translate_test

import (
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

func key(n byte) translate.ContentKey { return translate.ContentKey{n} }

func TestRelinkPairsByKeyAndOctets(t *testing.T) {
	old := []translate.Remembered{
		{UID: 5, Octets: 100, UniqueID: "five", Key: key(1)},
		{UID: 3, Octets: 100, UniqueID: "three", Key: key(1)}, // twin of 5, and older
		{UID: 7, Octets: 70, UniqueID: "seven", Key: key(2)},
		{UID: 9, Octets: 90, UniqueID: "nine"},   // never described
		{UID: 8, UniqueID: "eight", Key: key(3)}, // measured: the upstream's size is not remembered
	}
	fresh := []translate.Unlinked{
		{UID: 20, Octets: 100, Key: key(1)},
		{UID: 10, Octets: 100, Key: key(1)},
		{UID: 11, Octets: 71, Key: key(2)}, // other octets: another message
		{UID: 12, Octets: 90},
		{UID: 13, Octets: 81, Key: key(3)},
		{UID: 30, Octets: 100, Key: key(1)}, // a third twin finds nobody
	}
	want := []translate.Link{{Old: 3, New: 10, UniqueID: "three"}, {Old: 8, New: 13, UniqueID: "eight"}, {Old: 5, New: 20, UniqueID: "five"}}
	if got := translate.Relink(old, fresh); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A mailbox that is rebuilt with new UIDs in its old order gives each message
// its old unique-id, whatever twins there are.
func TestRelinkOfARebuiltMailboxIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Byte().Filter(func(b byte) bool { return b > 0 }), 0, 40).Draw(t, "keys")
		var old []translate.Remembered
		var fresh []translate.Unlinked
		for i, k := range keys {
			octets := int64(k % 3)
			old = append(old, translate.Remembered{UID: imap.UID(i + 1), Octets: octets, UniqueID: string(rune('A' + i)), Key: key(k)})
			fresh = append(fresh, translate.Unlinked{UID: imap.UID(1000 + 2*i), Octets: octets, Key: key(k)})
		}
		links := translate.Relink(old, fresh)
		if len(links) != len(old) {
			t.Fatalf("%d of %d messages were linked", len(links), len(old))
		}
		for i, l := range links {
			if l.Old != imap.UID(i+1) || l.New != imap.UID(1000+2*i) {
				t.Fatalf("link %d is %v: out of order", i, l)
			}
		}
	})
}

func TestUnlink(t *testing.T) {
	got := translate.Unlink([]translate.Entry{{UID: 2, Size: 20}, {UID: 3, Size: 30}}, map[imap.UID]translate.ContentKey{3: key(9)})
	want := []translate.Unlinked{{UID: 2, Octets: 20}, {UID: 3, Octets: 30, Key: key(9)}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
