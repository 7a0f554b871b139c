package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Candidate is a message on one side of a Match.
type Candidate struct {
	UID imap.UID
	// Position is the message's place in the list of its side. On the side that is
	// left that is the old server's order, which devices know.
	Position int
	UniqueID string // on the old side: what devices know it by
	Octets   int64  // as the side announces them; 0: not known
	Print    Print  // as far as it is known
}

// Reason says why two messages are one.
type Reason uint8

// The reasons, from cheap to dear.
const (
	// ReasonOctets: it and its neighbours have the same octets on both sides, and
	// nowhere else; see OctetsTell.
	ReasonOctets Reason = iota
	// ReasonHeader: the whole header is the same, but for what servers change.
	ReasonHeader
	// ReasonSent: Message-ID and Date are the same.
	ReasonSent
	// ReasonBody: the header leaves several possible, and the body is the same.
	ReasonBody
)

var reasonWords = []string{"order and octets", "header", "message-id and date", "body"}

// String gives the reason in a report's words.
func (r Reason) String() string { return reasonWords[r] }

// MarshalText gives the reason in a report's words.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Pair says that a message under a new UID is the one that had an old UID.
type Pair struct {
	Old, New imap.UID
	Reason   Reason
}

// Group is some messages of which each may be each, as far as is known.
type Group struct {
	Old, New []imap.UID
}

// Match is what became of two listings. A UID is in one Pair at most.
type Match struct {
	Pairs []Pair // in the old side's order
	// OldOnly and NewOnly are on one side alone: deleted, not copied, or arrived
	// since. Those of Ambiguous and Repeated are not among them.
	OldOnly, NewOnly []imap.UID
	// Ambiguous could not be told apart, since what tells them could not be read.
	Ambiguous []Group
	// Repeated have a unique-id that the old side gives to another message too,
	// which has got it: no two messages may have one (RFC 1939 §7).
	Repeated []Pair
}

// Side is one of the two listings.
type Side uint8

// The sides of a Match.
const (
	Old Side = iota
	New
)

// Step is what has to be read next.
type Step uint8

// The steps, in order. Each is needed only for what those before have left open.
const (
	// StepNone: nothing more that was read could change the Match.
	StepNone Step = iota
	// StepHeaders: Print.Header and Print.Sent, from the header.
	StepHeaders
	// StepBodies: Print.Body, from the whole message.
	StepBodies
)

// Needs says which messages have to be read, in the order of their lists.
type Needs struct {
	Step     Step
	Old, New []imap.UID
}

// Matcher finds out which message of one listing is which of another. It never
// guesses: a pair has a Reason that no other message is seen to share, or is of
// messages that are identical, which pair in order. It reads nothing itself: call Needs, Learn
// what it asks for, and again, until it asks for nothing; the cost lies in what is
// read, the rest is linear. It is not safe for concurrent use.
type Matcher struct {
	sides [2]side
	match Match
}

// side is one listing in its order.
type side struct {
	list    []Candidate
	place   map[imap.UID]int
	tried   []Step // up to which step everything was read that could be
	partner []int  // the place in the other list, -1: none yet
	reason  []Reason
	open    []bool // it is in an ambiguous group
}

// NewMatcher takes both listings, in any order; UIDs are unique on each side.
func NewMatcher(old, fresh []Candidate) *Matcher {
	m := &Matcher{}
	for i, list := range [][]Candidate{old, fresh} {
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.UID, b.UID))
		})
		s := side{
			list: list, place: make(map[imap.UID]int, len(list)), tried: make([]Step, len(list)),
			partner: make([]int, len(list)), reason: make([]Reason, len(list)), open: make([]bool, len(list)),
		}
		for j, c := range list {
			s.place[c.UID] = j
		}
		m.sides[i] = s
	}
	return m
}

// Learn adds what was read of a message for a step. Parts that are zero could not
// be read, and are not asked for again.
func (m *Matcher) Learn(at Side, uid imap.UID, step Step, p Print) {
	s := &m.sides[at]
	i, ok := s.place[uid]
	if !ok {
		return
	}
	s.list[i].Print = s.list[i].Print.With(p)
	s.tried[i] = max(s.tried[i], step)
}

// Needs says what has to be read next; StepNone: Match is final.
func (m *Matcher) Needs() Needs {
	m.restart()
	m.byOctets()
	if n := m.unread(StepHeaders, m.loose(Old), m.loose(New)); n.Step != StepNone {
		return n
	}
	for _, by := range []func(Print) ContentKey{byHeader, bySent} {
		if n := m.byContent(by); n.Step != StepNone {
			return n
		}
	}
	return Needs{}
}

// Match gives what is known by now.
func (m *Matcher) Match() Match {
	m.Needs()
	result := Match{Ambiguous: m.match.Ambiguous}
	given := make(map[string]bool)
	for i, j := range m.sides[Old].partner {
		c := m.sides[Old].list[i]
		switch {
		case j >= 0:
			pair := Pair{Old: c.UID, New: m.sides[New].list[j].UID, Reason: m.sides[Old].reason[i]}
			if c.UniqueID != "" && given[c.UniqueID] {
				result.Repeated = append(result.Repeated, pair)
				continue
			}
			given[c.UniqueID] = true
			result.Pairs = append(result.Pairs, pair)
		case !m.sides[Old].open[i]:
			result.OldOnly = append(result.OldOnly, c.UID)
		}
	}
	for j, i := range m.sides[New].partner {
		if i < 0 && !m.sides[New].open[j] {
			result.NewOnly = append(result.NewOnly, m.sides[New].list[j].UID)
		}
	}
	return result
}

// restart forgets what was decided, so that it can be decided again from all that is
// known: what a later step learned may tell what an earlier one took as told.
func (m *Matcher) restart() {
	m.match = Match{}
	for i := range m.sides {
		s := &m.sides[i]
		for j := range s.partner {
			s.partner[j], s.open[j] = -1, false
		}
	}
}

// pair joins two places.
func (m *Matcher) pair(i, j int, why Reason) {
	m.sides[Old].partner[i], m.sides[New].partner[j] = j, i
	m.sides[Old].reason[i], m.sides[New].reason[j] = why, why
}

// loose are the places that have no partner yet and are not ambiguous.
func (m *Matcher) loose(at Side) []int {
	s := &m.sides[at]
	var places []int
	for i, partner := range s.partner {
		if partner < 0 && !s.open[i] {
			places = append(places, i)
		}
	}
	return places
}

// unread asks for a step of the messages at some places, where both sides have
// some: a message that is alone cannot be anything else.
func (m *Matcher) unread(step Step, old, fresh []int) Needs {
	if len(old) == 0 || len(fresh) == 0 {
		return Needs{}
	}
	n := Needs{Step: step, Old: m.sides[Old].unread(step, old), New: m.sides[New].unread(step, fresh)}
	if len(n.Old) == 0 && len(n.New) == 0 {
		return Needs{}
	}
	return n
}

func (s *side) unread(step Step, places []int) []imap.UID {
	var uids []imap.UID
	for _, i := range places {
		known := s.list[i].Print.Header
		if step == StepBodies {
			known = s.list[i].Print.Body
		}
		if known == (ContentKey{}) && s.tried[i] < step {
			uids = append(uids, s.list[i].UID)
		}
	}
	return uids
}
