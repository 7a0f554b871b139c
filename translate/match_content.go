package translate

import "github.com/emersion/go-imap/v2"

func byHeader(p Print) ContentKey { return p.Header }

func bySent(p Print) ContentKey { return p.Sent }

// family is the messages of both sides that have one key.
type family struct{ old, fresh []int }

// byContent pairs messages that have one key. It asks for the bodies of those that
// the key cannot tell apart.
func (m *Matcher) byContent(by func(Print) ContentKey) Needs {
	families := make(map[ContentKey]*family)
	var order []*family // so that the outcome does not depend on a map's order
	for _, i := range m.loose(Old) {
		key := by(m.sides[Old].list[i].Print)
		if key == (ContentKey{}) {
			continue
		}
		f := families[key]
		if f == nil {
			f = &family{}
			families[key] = f
			order = append(order, f)
		}
		f.old = append(f.old, i)
	}
	for _, j := range m.loose(New) {
		if f := families[by(m.sides[New].list[j].Print)]; f != nil {
			f.fresh = append(f.fresh, j)
		}
	}
	var twins family
	for _, f := range order {
		if m.settleFamily(f, by); len(f.old) > 0 && len(f.fresh) > 0 {
			twins.old, twins.fresh = append(twins.old, f.old...), append(twins.fresh, f.fresh...)
		}
	}
	if n := m.unread(StepBodies, twins.old, twins.fresh); n.Step != StepNone {
		return n
	}
	for _, f := range order {
		m.byBody(f)
	}
	return Needs{}
}

// settleFamily pairs what needs no body, and leaves the rest in the family: where
// each side has one message with the key, or the same header comes with the same
// octets on both sides, each once. A header or a date that says too little proves
// nothing alone.
func (m *Matcher) settleFamily(f *family, by func(Print) ContentKey) {
	if len(f.old) == 0 || len(f.fresh) == 0 {
		return
	}
	why, p := ReasonHeader, m.sides[Old].list[f.old[0]].Print
	proof := p.Sent != ContentKey{}
	if by(p) == p.Sent {
		why, proof = ReasonSent, p.identified()
	}
	switch {
	case !proof:
	case len(f.old) == 1 && len(f.fresh) == 1:
		m.pair(f.old[0], f.fresh[0], why)
		f.old, f.fresh = nil, nil
	case why == ReasonHeader:
		m.byFamilyOctets(f)
	}
}

// byFamilyOctets pairs messages with one header where both sides agree in full how
// many octets they have. Had sizes been changed, they would not.
func (m *Matcher) byFamilyOctets(f *family) {
	old, fresh := m.sides[Old].among(f.old), m.sides[New].among(f.fresh)
	if len(old) != len(f.old) || len(fresh) != len(old) {
		return
	}
	for octets := range old {
		if _, ok := fresh[octets]; !ok || octets == 0 {
			return
		}
	}
	for octets, i := range old {
		m.pair(i, fresh[octets], ReasonHeader)
	}
	f.old, f.fresh = nil, nil
}

// among gives the places by their octets.
func (s *side) among(places []int) map[int64]int {
	by := make(map[int64]int, len(places))
	for _, i := range places {
		by[s.list[i].Octets] = i
	}
	return by
}

func (s *side) unpaired(places []int) []int {
	var rest []int
	for _, i := range places {
		if s.partner[i] < 0 {
			rest = append(rest, i)
		}
	}
	return rest
}

// byBody pairs the messages of a family that have one body: in order, where both
// sides have as many, or where they are one message several times over. What else is
// left on both sides is ambiguous, as is what could not be read.
func (m *Matcher) byBody(f *family) {
	if len(f.old) == 0 || len(f.fresh) == 0 {
		return
	}
	old, bodies := m.sides[Old].byBody(f.old)
	fresh, _ := m.sides[New].byBody(f.fresh)
	none := ContentKey{}
	for _, body := range bodies {
		a, b := old[body], fresh[body]
		if body == none || len(a) != len(b) && !(m.sides[Old].alike(a) && m.sides[New].alike(b)) {
			continue
		}
		for n := range min(len(a), len(b)) {
			m.pair(a[n], b[n], ReasonBody)
		}
	}
	if len(old[none]) > 0 || len(fresh[none]) > 0 {
		m.ambiguous(f.old, f.fresh)
		return
	}
	for _, body := range bodies {
		m.ambiguous(old[body], fresh[body])
	}
}

// byBody divides places by their bodies, which it gives in order.
func (s *side) byBody(places []int) (map[ContentKey][]int, []ContentKey) {
	by := make(map[ContentKey][]int)
	var order []ContentKey
	for _, i := range places {
		body := s.list[i].Print.Body
		if by[body] == nil {
			order = append(order, body)
		}
		by[body] = append(by[body], i)
	}
	return by, order
}

// alike reports whether messages have one header.
func (s *side) alike(places []int) bool {
	for _, i := range places {
		if s.list[i].Print.Header != s.list[places[0]].Print.Header {
			return false
		}
	}
	return true
}

// ambiguous reports those of some messages that have no partner, where both sides
// have some.
func (m *Matcher) ambiguous(old, fresh []int) {
	old, fresh = m.sides[Old].unpaired(old), m.sides[New].unpaired(fresh)
	if len(old) > 0 && len(fresh) > 0 {
		m.match.Ambiguous = append(m.match.Ambiguous, Group{Old: m.sides[Old].uids(old), New: m.sides[New].uids(fresh)})
	}
}

// uids marks places as ambiguous and gives their UIDs.
func (s *side) uids(places []int) []imap.UID {
	uids := make([]imap.UID, len(places))
	for n, i := range places {
		uids[n], s.open[i] = s.list[i].UID, true
	}
	return uids
}
