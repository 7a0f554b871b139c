package translate

import "slices"

const (
	// window is how many neighbours on either side of a message have to have the
	// same octets on both servers as well.
	window = 2
	// nearby is how far away a message has to be that may have the same octets:
	// lists are sorted differently where files have one time, or names are compared
	// otherwise, and such messages change places.
	nearby = 8
)

// surroundings are the octets of a message and its neighbours; -1 stands for the
// place in front of the first message.
type surroundings [2*window + 1]int64

// OctetsTell reports for each message of a list, given by their octets, whether
// these tell it apart: no message nearby has as many, its neighbours' are all
// different, and no other message has the same neighbours. So another server's list
// that agrees in all of these octets has the same message in that place; that it is
// another one by chance is next to impossible, but at the end of the list, where
// both servers get new mail. There nothing is told.
func OctetsTell(octets []int64) []bool {
	tell := make([]bool, len(octets))
	for _, i := range telling(octets) {
		if i >= 0 {
			tell[i] = true
		}
	}
	return tell
}

// telling gives the places of messages that their surroundings tell apart; -1 where
// several have them.
func telling(octets []int64) map[surroundings]int {
	places := make(map[surroundings]int, len(octets))
	last := make(map[int64]int, len(octets)) // place + 1 of the last message with so many octets
	crowded := make([]bool, len(octets))
	for i, n := range octets {
		if j := last[n] - 1; j >= 0 && i-j <= nearby {
			crowded[i], crowded[j] = true, true
		}
		last[n] = i + 1
	}
	for i := range max(0, len(octets)-window) {
		var around surroundings
		for d := range around {
			around[d] = -1
			if at := i + d - window; at >= 0 {
				around[d] = octets[at]
			}
		}
		if _, twice := places[around]; twice || crowded[i] || !around.distinct() {
			places[around] = -1
		} else {
			places[around] = i
		}
	}
	return places
}

// distinct reports whether all octets are known and different.
func (s surroundings) distinct() bool {
	for i, n := range s {
		if n == 0 || n > 0 && slices.Contains(s[:i], n) {
			return false
		}
	}
	return true
}

// byOctets pairs messages that octets tell apart on both sides, unless what is known
// of their content says otherwise. Where they agree for less than a quarter of the
// messages that they could tell, a copying program has changed them all, as mbsync
// does with a field of its own, and what agrees does so by chance.
func (m *Matcher) byOctets() {
	fresh := telling(m.sides[New].octets())
	could := 0
	var agree [][2]int
	for around, i := range telling(m.sides[Old].octets()) {
		if i < 0 {
			continue
		}
		could++
		if j, ok := fresh[around]; ok && j >= 0 && !contradict(m.sides[Old].list[i].Print, m.sides[New].list[j].Print) {
			agree = append(agree, [2]int{i, j})
		}
	}
	if 4*len(agree) < could {
		return
	}
	for _, p := range agree {
		m.pair(p[0], p[1], ReasonOctets)
	}
}

func (s *side) octets() []int64 {
	octets := make([]int64, len(s.list))
	for i, c := range s.list {
		octets[i] = c.Octets
	}
	return octets
}

// contradict reports whether two messages cannot be one. Headers alone may differ:
// a server may have added fields.
func contradict(a, b Print) bool {
	none := ContentKey{}
	switch {
	case a.Body != none && b.Body != none && a.Body != b.Body:
		return true
	case a.Header == none || b.Header == none:
		return false
	case a.Sent != none || b.Sent != none:
		return a.Sent != b.Sent
	}
	return a.Header != b.Header
}
