package translate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sights reads "a b/200 c/100/x": unique-ids with octets, 100 where there are none,
// and a hash.
func sights(text string) []Sight {
	var list []Sight
	for word := range strings.FieldsSeq(text) {
		s := Sight{Octets: 100}
		for i, part := range strings.Split(word, "/") {
			switch i {
			case 0:
				s.UniqueID = part
			case 1:
				fmt.Sscan(part, &s.Octets)
			case 2:
				copy(s.Hash[:], part)
			}
		}
		list = append(list, s)
	}
	return list
}

func TestVerdict(t *testing.T) {
	once := func(id string) bool { return strings.HasPrefix(id, "o") }
	for _, test := range []struct{ old, fresh, want string }{
		{"", "", "ready"},
		{"o1 o2 o3", "o1 o2 o3", "ready"},
		{"o1 o2/7/x", "o1 o2/7/x", "ready"},
		{"o1 o2", "o1 o2 n1 n2 n3 o0 o9", "ready, 3 new, 2 deleted on the old server since"},
		{"o1 o2 o3", "o1/99 o2 o3/101", "ready, 2 sizes differ"},
		{"o1 o2 o3", "o1/99 o2 o3", "ready, 1 size differs"},
		{"o1 o2 o3", "o1 o3", "not ready: 1 unmatched"},
		{"o1 o2 o3", "", "not ready: 3 unmatched"},
		{"o1 o2 o3 o4", "o1 o3 o2 o4", "not ready: 1 out of order"},
		{"o1 o2 o3 o4 o5", "o5 o2 o3 o4 o1", "not ready: 2 out of order"},
		{"o1 o2/7 o3", "o1 n2/7 o3", "not ready: 1 with another unique-id"},
		{"o1 o2/7 o3", "o1 n2/8 o3", "not ready: 1 unmatched, 1 new"},
		{"o1 o2/7 o3", "o1 o8/7 o3", "not ready: 1 unmatched, 1 deleted on the old server since"},
		{"o1 o2", "n1 n2", "not ready: 2 with another unique-id"},
		{"o1 o2", "n1 n2 n3", "not ready: 2 unmatched, 3 new"},
		{"o1/7/x o2", "o1/7/y o2", "not ready: 1 with other content"},
		{"o1/7/x o2", "o1/7 o2", "ready"},
		{"o1 o1 o2", "o1 o1 o2", "ready"},
		{"o1 o1 o2", "o1 o2", "not ready: 1 unmatched"},
	} {
		c := Compare(sights(test.old), sights(test.fresh), once)
		if got := c.Verdict(); got != test.want {
			t.Errorf("%q to %q: %q, want %q", test.old, test.fresh, got, test.want)
		}
		if strings.HasPrefix(test.want, "ready") != c.Ready() {
			t.Errorf("%q to %q: Ready is %t", test.old, test.fresh, c.Ready())
		}
	}
}

// TestCompare: whatever is done to a view, every message of both sides is accounted
// for once, and only a view without loss, renaming or disorder is ready.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-h][0-9]?`)
		side := func(name string) []Sight {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Sight {
				return Sight{UniqueID: id.Draw(t, "id"), Octets: int64(rapid.IntRange(1, 3).Draw(t, "octets"))}
			}), 0, 12).Draw(t, name)
		}
		old, fresh := side("old"), side("fresh")
		c := Compare(old, fresh, func(id string) bool { return id < "c" })
		shared := len(old) - len(c.Unmatched) - len(c.Renamed)
		if shared < 0 || shared+len(c.Renamed)+len(c.Added)+len(c.Deleted) != len(fresh) {
			t.Fatalf("%d old and %d new messages become %+v", len(old), len(fresh), c)
		}
		ids := func(list []Sight) (ids []string) {
			for _, s := range list {
				ids = append(ids, s.UniqueID)
			}
			return ids
		}
		// Without what is new, a ready view is the old one.
		left := slices.DeleteFunc(ids(fresh), func(id string) bool { return !slices.Contains(ids(old), id) })
		if c.Ready() && len(c.Added)+len(c.Deleted) == len(fresh)-len(left) && !slices.Equal(left, ids(old)) {
			t.Fatalf("%v to %v is called ready", ids(old), ids(fresh))
		}
		if slices.Equal(ids(old), ids(fresh)) && !c.Ready() {
			t.Fatalf("%v to itself is called %s", ids(old), c.Verdict())
		}
	})
}
