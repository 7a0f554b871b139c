package translate

import (
	"fmt"
	"slices"
	"strings"
)

// Sight is what a device sees of a message: in LIST, in UIDL, and, where Hash is
// not zero, in RETR.
type Sight struct {
	UniqueID string
	Octets   int64
	Hash     ContentKey // of the whole message; zero: not taken
}

// Sights gives what a device sees of the messages that are not marked, in order.
func (m *Merged) Sights() []Sight {
	var sights []Sight
	for msg := range m.Messages {
		sights = append(sights, Sight{UniqueID: string(m.AppendUniqueID(nil, msg.Number)), Octets: msg.Octets})
	}
	return sights
}

// Comparison is how what a device would see from a new server differs from what it
// sees from the old one. The lists hold unique-ids.
type Comparison struct {
	Old, New int // messages
	// Unmatched are seen from the old server alone: the device would lose them.
	Unmatched []string
	// StruckOut are there, and are not listed since they carry \Deleted.
	StruckOut []string
	// Renamed have another unique-id on the new server, at the same place and with
	// the same octets: the device would retrieve them again.
	Renamed []Renamed
	// Shifted are the fewest messages without which the order would be the same.
	Shifted []string
	// Altered have another content.
	Altered []string
	// Resized have other octets. Old servers lie about them too, and devices bear it.
	Resized []string
	// Deleted are seen from the new server alone, and the old one once had them.
	Deleted []string
	// Added are seen from the new server alone, and the old one never had them.
	Added []string
}

// Renamed is a message whose unique-id has changed.
type Renamed struct{ Old, New string }

// Compare compares two views. once reports whether a unique-id was ever seen from
// the old server. Unique-ids that one side repeats are compared in order.
func Compare(old, fresh []Sight, once func(uniqueID string) bool) Comparison {
	c := Comparison{Old: len(old), New: len(fresh)}
	partner := partners(old, fresh)
	taken := make([]bool, len(fresh))
	var common []int // places in fresh, in the old order
	for i, j := range partner {
		if j < 0 {
			continue
		}
		taken[j] = true
		common = append(common, j)
		if old[i].Octets != fresh[j].Octets {
			c.Resized = append(c.Resized, old[i].UniqueID)
		}
		if old[i].Hash != (ContentKey{}) && fresh[j].Hash != (ContentKey{}) && old[i].Hash != fresh[j].Hash {
			c.Altered = append(c.Altered, old[i].UniqueID)
		}
	}
	stays := rising(common)
	for i, j := range common {
		if !stays[i] {
			c.Shifted = append(c.Shifted, fresh[j].UniqueID)
		}
	}
	renamed := renames(old, fresh, partner, taken, once)
	for i, j := range partner {
		if k, ok := renamed[i]; ok {
			c.Renamed = append(c.Renamed, Renamed{Old: old[i].UniqueID, New: fresh[k].UniqueID})
			taken[k] = true
		} else if j < 0 {
			c.Unmatched = append(c.Unmatched, old[i].UniqueID)
		}
	}
	for j, s := range fresh {
		switch {
		case taken[j]:
		case once(s.UniqueID):
			c.Deleted = append(c.Deleted, s.UniqueID)
		default:
			c.Added = append(c.Added, s.UniqueID)
		}
	}
	return c
}

// partners gives for each old message its place among the fresh, -1 for none.
func partners(old, fresh []Sight) []int {
	places := make(map[string][]int, len(fresh))
	for j, s := range fresh {
		places[s.UniqueID] = append(places[s.UniqueID], j)
	}
	partner := make([]int, len(old))
	for i, s := range old {
		partner[i] = -1
		if left := places[s.UniqueID]; len(left) > 0 {
			partner[i], places[s.UniqueID] = left[0], left[1:]
		}
	}
	return partner
}

// renames finds runs between two common neighbours that hold as many messages of
// the same octets on both sides: they are the same under other unique-ids. What the
// old server once had is no other name.
func renames(old, fresh []Sight, partner []int, taken []bool, once func(string) bool) map[int]int {
	found := make(map[int]int)
	j := 0
	for i := 0; i < len(old); {
		if partner[i] >= 0 {
			i, j = i+1, partner[i]+1
			continue
		}
		end := i
		for end < len(old) && partner[end] < 0 {
			end++
		}
		stop := j
		for stop < len(fresh) && !taken[stop] {
			stop++
		}
		alike := stop-j == end-i && (end == len(old)) == (stop == len(fresh))
		for k := 0; alike && k < end-i; k++ {
			alike = old[i+k].Octets == fresh[j+k].Octets && !once(fresh[j+k].UniqueID)
		}
		for k := 0; alike && k < end-i; k++ {
			found[i+k] = j + k
		}
		i = end
	}
	return found
}

// rising reports which members belong to a longest rising subsequence.
func rising(list []int) []bool {
	var ends []int // the place of the least last member of a subsequence, by its length
	before := make([]int, len(list))
	for i, v := range list {
		n, _ := slices.BinarySearchFunc(ends, v, func(end, v int) int { return list[end] - v })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	in := make([]bool, len(list))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			in[i] = true
		}
	}
	return in
}

// Explain says of which unmatched messages the new server has a copy that it hides
// because somebody has struck it out.
func (c Comparison) Explain(struckOut map[string]bool) Comparison {
	var unmatched []string
	for _, id := range c.Unmatched {
		if struckOut[id] {
			c.StruckOut = append(c.StruckOut, id)
		} else {
			unmatched = append(unmatched, id)
		}
	}
	c.Unmatched = unmatched
	return c
}

// Ready reports whether a device would go on as if nothing had happened. Messages
// that one side alone has because they came, or went, since do not matter.
func (c Comparison) Ready() bool {
	return len(c.Unmatched) == 0 && len(c.StruckOut) == 0 && len(c.Renamed) == 0 && len(c.Shifted) == 0 && len(c.Altered) == 0
}

// Verdict says it in one line: "ready, 3 new, 2 deleted on the old server since",
// "not ready: 12 unmatched".
func (c Comparison) Verdict() string {
	verdict, first := "ready", ", "
	if !c.Ready() {
		verdict, first = "not ready", ": "
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{len(c.Unmatched), "unmatched", "unmatched"},
		{len(c.StruckOut), "marked \\Deleted and not listed", "marked \\Deleted and not listed"},
		{len(c.Renamed), "with another unique-id", "with another unique-id"},
		{len(c.Shifted), "out of order", "out of order"},
		{len(c.Altered), "with other content", "with other content"},
		{len(c.Added), "new", "new"},
		{len(c.Deleted), "deleted on the old server since", "deleted on the old server since"},
		{len(c.Resized), "size differs", "sizes differ"},
	} {
		if text := p.many; p.n > 0 {
			if p.n == 1 {
				text = p.one
			}
			parts = append(parts, fmt.Sprintf("%d %s", p.n, text))
		}
	}
	if len(parts) == 0 {
		return verdict
	}
	return verdict + first + strings.Join(parts, ", ")
}
