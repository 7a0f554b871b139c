package translate

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// Merged is the frozen POP3 view over the mailboxes of a maildrop in one session, each
// of which is a Maildrop. Over a single one it is that one. Numbers run from 1 to Len
// and never shift (RFC 1939 §4). Copies of one message that share its unique-id are one
// line: what is done with it is done with each of them, or the device would get what it
// has deleted again, out of the next mailbox. It is not safe for concurrent use.
type Merged struct {
	parts []*Maildrop
	lines []seat // in the order of numbers; nil where there is a single mailbox

	marked       bitset
	markedCount  int
	octets       int64
	markedOctets int64
	last         int
	leftOut      LeftOut
}

// seat is a message in one of the mailboxes.
type seat struct {
	part, n int // which Maildrop, and its number there
	others  []seat
}

// MergeMaildrops numbers the messages of several mailboxes, in the operator's order of these. Each
// has been made without a bound of messages; that of the policy holds for all together.
func MergeMaildrops(p Policy, parts ...*Maildrop) *Merged {
	m := &Merged{parts: parts}
	for _, part := range parts {
		m.leftOut = m.leftOut.Plus(part.leftOut)
	}
	if len(parts) == 1 {
		return m
	}
	m.lines = m.bounded(m.distinct(), p.MaxMessages)
	m.sort(p.Order)
	for i := range m.lines {
		m.octets += m.size(i)
	}
	return m
}

// distinct lists every message once: its first copy, in the operator's order.
func (m *Merged) distinct() []seat {
	total := 0
	for _, part := range m.parts {
		total += len(part.entries)
	}
	lines := make([]seat, 0, total)
	first := make(map[string]int, total)
	for p, part := range m.parts {
		for i := range part.entries {
			s, id := seat{part: p, n: i + 1}, string(part.AppendUniqueID(nil, i+1))
			if at, twice := first[id]; twice {
				lines[at].others = append(lines[at].others, s)
				m.leftOut.Repeated++
				continue
			}
			first[id] = len(lines)
			lines = append(lines, s)
		}
	}
	return lines
}

// bounded keeps those that were received last; most 0 keeps all.
func (m *Merged) bounded(lines []seat, most int) []seat {
	if most == 0 || len(lines) <= most {
		return lines
	}
	m.leftOut.Old += len(lines) - most
	at := m.moments()
	slices.SortStableFunc(lines, func(a, b seat) int { return cmp.Compare(at(a), at(b)) })
	return lines[len(lines)-most:]
}

// sort brings the lines in the order of the policy. What an account had on its old
// server comes first and as it was there.
func (m *Merged) sort(o Order) {
	at := func(seat) int64 { return 0 }
	if o.Dated() {
		at = m.moments()
	}
	rank := func(s seat) int {
		if o == OrderUID {
			return 0
		}
		return place(m.parts[s.part].entries[s.n-1], m.parts[s.part].known.Order)
	}
	slices.SortFunc(m.lines, func(a, b seat) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(at(a), at(b)), cmp.Compare(a.part, b.part),
			cmp.Compare(m.parts[a.part].entries[a.n-1].UID, m.parts[b.part].entries[b.n-1].UID))
	})
	if o == OrderNewest {
		slices.Reverse(m.lines)
	}
}

// moments says when messages were received.
func (m *Merged) moments() func(seat) int64 {
	at := make([][]int64, len(m.parts))
	for p, part := range m.parts {
		received := moments(byUIDs(part.entries))
		at[p] = make([]int64, len(part.entries))
		for i, e := range part.entries {
			at[p][i] = received[e.UID]
		}
	}
	return func(s seat) int64 { return at[s.part][s.n-1] }
}

// byUIDs gives entries in order of UID.
func byUIDs(entries []Entry) []Entry {
	inOrder := func(a, b Entry) int { return cmp.Compare(a.UID, b.UID) }
	if slices.IsSortedFunc(entries, inOrder) {
		return entries
	}
	return slices.SortedFunc(slices.Values(entries), inOrder)
}

func (m *Merged) single() *Maildrop {
	if m.lines == nil {
		return m.parts[0]
	}
	return nil
}

// size is what LIST says of the line with an index.
func (m *Merged) size(i int) int64 { return m.parts[m.lines[i].part].size(m.lines[i].n - 1) }

// Len is the number of messages at login, marked ones included: the highest
// message number.
func (m *Merged) Len() int {
	if one := m.single(); one != nil {
		return one.Len()
	}
	return len(m.lines)
}

// LeftOut counts the messages that the device is not shown, by why.
func (m *Merged) LeftOut() LeftOut { return m.leftOut }

// Stat counts the messages that are not marked, and their octets (RFC 1939 §5).
func (m *Merged) Stat() (messages int, octets int64) {
	if one := m.single(); one != nil {
		return one.Stat()
	}
	return len(m.lines) - m.markedCount, m.octets - m.markedOctets
}

// Message gives the message with number n, or a Refusal where there is none or
// it is marked.
func (m *Merged) Message(n int) (Message, error) {
	if one := m.single(); one != nil {
		return one.Message(n)
	}
	if n < 1 || n > len(m.lines) {
		return Message{}, &Refusal{Text: fmt.Sprintf("no such message, there are %d", len(m.lines))}
	}
	if m.marked.has(n - 1) {
		return Message{}, &Refusal{Text: fmt.Sprintf("message %d is marked as deleted", n)}
	}
	return m.message(n), nil
}

func (m *Merged) message(n int) Message {
	s := m.lines[n-1]
	return Message{Number: n, Mailbox: s.part, UID: m.parts[s.part].entries[s.n-1].UID, Octets: m.size(n - 1)}
}

// Messages yields the messages that are not marked, in order.
func (m *Merged) Messages(yield func(Message) bool) { m.from(0, yield) }

// After yields the messages after number n that are not marked, in order.
func (m *Merged) After(n int) iter.Seq[Message] {
	return func(yield func(Message) bool) { m.from(n, yield) }
}

func (m *Merged) from(first int, yield func(Message) bool) {
	if one := m.single(); one != nil {
		one.from(first, yield)
		return
	}
	for n := first + 1; n <= len(m.lines); n++ {
		if !m.marked.has(n-1) && !yield(m.message(n)) {
			return
		}
	}
}

// AppendUniqueID adds to dst the unique-id of message number n, which must be
// one that Message or Messages gave.
func (m *Merged) AppendUniqueID(dst []byte, n int) []byte {
	if one := m.single(); one != nil {
		return one.AppendUniqueID(dst, n)
	}
	return m.parts[m.lines[n-1].part].AppendUniqueID(dst, m.lines[n-1].n)
}

// Delete marks message n, in every mailbox that has it. Nothing happens upstream
// (RFC 1939 §5).
func (m *Merged) Delete(n int) error {
	if one := m.single(); one != nil {
		return one.Delete(n)
	}
	msg, err := m.Message(n)
	if err != nil {
		return err
	}
	// All copies or none: one that stayed marked would be deleted although its device
	// has heard -ERR.
	for _, do := range []func(*Maildrop, int) error{
		func(part *Maildrop, n int) error { _, err := part.Message(n); return err },
		(*Maildrop).Delete,
	} {
		if err := m.each(n, do); err != nil {
			return err
		}
	}
	m.marked.set(n-1, len(m.lines))
	m.markedCount++
	m.markedOctets += msg.Octets
	return nil
}

// each does something with every copy of message n.
func (m *Merged) each(n int, do func(part *Maildrop, n int) error) error {
	for _, s := range m.copies(n) {
		if err := do(m.parts[s.part], s.n); err != nil {
			return err
		}
	}
	return nil
}

// copies gives where message n lies.
func (m *Merged) copies(n int) []seat {
	if m.lines == nil {
		return []seat{{part: 0, n: n}}
	}
	return append([]seat{m.lines[n-1]}, m.lines[n-1].others...)
}

// Reset takes all marks away, and what LAST remembers (RFC 1460).
func (m *Merged) Reset() {
	for _, part := range m.parts {
		part.Reset()
	}
	m.marked, m.markedCount, m.markedOctets, m.last = nil, 0, 0, 0
}

// Marked is the number of messages marked now.
func (m *Merged) Marked() int {
	if one := m.single(); one != nil {
		return one.Marked()
	}
	return m.markedCount
}

// Retrieved notes that message n went out in full, terminator and all, and how
// many octets it had. What LIST says stays as it was in this session.
func (m *Merged) Retrieved(n int, octets int64) {
	if one := m.single(); one != nil {
		one.Retrieved(n, octets)
		return
	}
	s := m.lines[n-1]
	m.parts[s.part].Retrieved(s.n, octets)
	for _, other := range s.others {
		m.parts[other.part].read(other.n)
	}
	m.last = max(m.last, n)
}

// Last is the highest message number retrieved (LAST, RFC 1460), 0 for none.
func (m *Merged) Last() int {
	if one := m.single(); one != nil {
		return one.Last()
	}
	return m.last
}
