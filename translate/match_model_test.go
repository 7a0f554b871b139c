package translate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

// letter is a message as its author sent it, with one way that it came.
type letter struct {
	id, date, way, body int // 0: the header has no such field
	octets              int64
}

func (l letter) header(added bool) []byte {
	text := ""
	if added {
		text += "Received: by the new server\r\n"
	}
	if l.way != 0 {
		text += fmt.Sprintf("Received: by way %d\r\n", l.way)
	}
	if l.id != 0 {
		text += fmt.Sprintf("Message-ID: <%d@example.org>\r\n", l.id)
	}
	if l.date != 0 {
		text += fmt.Sprintf("Date: day %d\r\n", l.date)
	}
	return []byte(text + "Subject: report\r\n\r\n")
}

// seen is what reading a letter on one side gives.
func (l letter) seen(step Step, added bool) Print {
	if step == StepBodies {
		return Print{Body: contentKey("body", fmt.Append(nil, l.body))}
	}
	return PrintHeader(l.header(added))
}

// move is two servers: what each of them has, and whether the new one has added a
// field to every header and octets to every message.
type move struct {
	old, fresh []letter // by UID - 1
	added      bool
	unreadable [2]map[imap.UID]bool
	candidates [2][]Candidate
}

func drawMove(t *rapid.T) move {
	// Few values make twins of every kind.
	letters := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) letter {
		l := letter{
			id: rapid.IntRange(0, 4).Draw(t, "id"), date: rapid.IntRange(0, 2).Draw(t, "date"),
			way: rapid.IntRange(0, 2).Draw(t, "way"), body: rapid.IntRange(0, 2).Draw(t, "body"),
		}
		l.octets = 1000 + int64(l.id)<<12 + int64(l.date)<<8 + int64(l.way)<<4 + int64(l.body)
		return l
	}), 0, 12).Draw(t, "letters")
	if rapid.Bool().Draw(t, "all of one length") {
		for i := range letters {
			letters[i].octets = 1000
		}
	}
	m := move{old: letters, added: rapid.Bool().Draw(t, "added")}
	m.fresh = append(m.fresh, letters...)
	if rapid.Bool().Draw(t, "permuted") {
		m.fresh = rapid.Permutation(letters).Draw(t, "new order")
	}
	for range min(rapid.IntRange(0, 2).Draw(t, "lost"), len(m.fresh)) {
		i := rapid.IntRange(0, len(m.fresh)-1).Draw(t, "which")
		m.fresh = slices.Delete(slices.Clone(m.fresh), i, i+1)
	}
	for n := range rapid.IntRange(0, 2).Draw(t, "arrived") {
		m.fresh = append(m.fresh, letter{id: 100 + n, date: 100, body: 100, octets: int64(1000 + rapid.IntRange(0, 1).Draw(t, "longer"))})
	}
	for side := range m.unreadable {
		m.unreadable[side] = make(map[imap.UID]bool)
		if rapid.IntRange(0, 3).Draw(t, "some cannot be read") == 0 {
			m.unreadable[side][imap.UID(rapid.IntRange(1, 12).Draw(t, "uid"))] = true
		}
	}
	for i, l := range m.old {
		m.candidates[Old] = append(m.candidates[Old], Candidate{UID: imap.UID(i + 1), Position: i + 1, UniqueID: fmt.Sprint("id", i), Octets: l.octets})
	}
	for i, l := range m.fresh {
		octets := l.octets
		if m.added {
			octets += int64(len("Received: by the new server\r\n"))
		}
		m.candidates[New] = append(m.candidates[New], Candidate{UID: imap.UID(i + 1), Position: i + 1, Octets: octets})
	}
	return m
}

// run reads what a Matcher asks for, and counts it.
func (m move) run(t interface{ Fatalf(string, ...any) }) (Match, map[Step]int) {
	matcher := NewMatcher(m.candidates[Old], m.candidates[New])
	read := make(map[Step]int)
	for {
		n := matcher.Needs()
		if n.Step == StepNone {
			return matcher.Match(), read
		}
		if len(n.Old)+len(n.New) == 0 {
			t.Fatalf("step %d asks for nothing", n.Step)
		}
		read[n.Step] += len(n.Old) + len(n.New)
		for side, uids := range [][]imap.UID{n.Old, n.New} {
			for _, uid := range uids {
				var p Print
				if !m.unreadable[side][uid] {
					p = m.at(Side(side), uid).seen(n.Step, side == int(New) && m.added)
				}
				matcher.Learn(Side(side), uid, n.Step, p)
			}
		}
	}
}

func (m move) at(side Side, uid imap.UID) letter {
	if side == Old {
		return m.old[uid-1]
	}
	return m.fresh[uid-1]
}

// TestMatchNeverGuesses draws two servers and has every pair be one letter.
func TestMatchNeverGuesses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMove(t)
		result, _ := m.run(t)
		old, fresh := make(map[imap.UID]string), make(map[imap.UID]string)
		note := func(seen map[imap.UID]string, uid imap.UID, what string) {
			if before, twice := seen[uid]; twice {
				t.Fatalf("UID %d is both %s and %s", uid, before, what)
			}
			seen[uid] = what
		}
		for _, p := range result.Pairs {
			a, b := m.at(Old, p.Old), m.at(New, p.New)
			same := a == b || p.Reason == ReasonBody && a.id == b.id && a.date == b.date && a.body == b.body
			if !same && (m.allRead() || a.id != b.id || a.date != b.date) {
				t.Fatalf("%v are %+v and %+v, which are two letters", p, a, b)
			}
			note(old, p.Old, "paired")
			note(fresh, p.New, "paired")
		}
		for _, g := range result.Ambiguous {
			if len(g.Old) == 0 || len(g.New) == 0 {
				t.Fatalf("an ambiguous group has nothing on one side: %v", g)
			}
			for _, uid := range g.Old {
				note(old, uid, "ambiguous")
			}
			for _, uid := range g.New {
				note(fresh, uid, "ambiguous")
			}
		}
		for _, uid := range result.OldOnly {
			note(old, uid, "alone")
		}
		for _, uid := range result.NewOnly {
			note(fresh, uid, "alone")
		}
		if len(old) != len(m.old) || len(fresh) != len(m.fresh) {
			t.Fatalf("%d of %d old and %d of %d new messages are accounted for", len(old), len(m.old), len(fresh), len(m.fresh))
		}
		m.complete(t, result)
	})
}

// allRead reports whether the Matcher could see everything. Where it could not, the
// one delivery of a letter that it sees may not be the only one.
func (m move) allRead() bool { return len(m.unreadable[Old])+len(m.unreadable[New]) == 0 }

// complete has whatever is one letter on both sides be paired where everything can
// be read, as many as there are on either side.
func (m move) complete(t *rapid.T, result Match) {
	if !m.allRead() {
		return
	}
	for _, uid := range result.OldOnly {
		for _, other := range result.NewOnly {
			a, b := m.at(Old, uid), m.at(New, other)
			if a == b && (!m.added || a.id != 0 || a.date != 0) {
				t.Fatalf("old %d and new %d are both %+v, and were not paired", uid, other, a)
			}
		}
	}
}

// octets are those of a daily report, or of mail that somebody wrote.
func octets(t *rapid.T) int64 {
	if rapid.Bool().Draw(t, "a report") {
		return 1000
	}
	return int64(rapid.Uint32().Draw(t, "octets")) + 1
}

// TestMatchNeedsNoOrder has the outcome be the same for a listing in another order,
// where no message is the same as another.
func TestMatchNeedsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "messages")
		var m move
		for i := range n {
			l := letter{id: i + 1, date: 1, body: i, octets: octets(t)}
			m.old = append(m.old, l)
			m.candidates[Old] = append(m.candidates[Old], Candidate{UID: imap.UID(i + 1), Position: i + 1, Octets: l.octets})
		}
		m.fresh = rapid.Permutation(m.old).Draw(t, "new order")
		for i, l := range m.fresh {
			m.candidates[New] = append(m.candidates[New], Candidate{UID: imap.UID(i + 1), Position: i + 1, Octets: l.octets})
		}
		result, read := m.run(t)
		if len(result.Pairs) != n || read[StepBodies] > 0 {
			t.Fatalf("%d of %d messages were paired, %d bodies were read", len(result.Pairs), n, read[StepBodies])
		}
		for _, p := range result.Pairs {
			if m.at(Old, p.Old) != m.at(New, p.New) {
				t.Fatalf("%v", p)
			}
		}
	})
}

// mailboxes makes two servers with n messages, of which each hundredth is a copy of
// another, and the last hundredth has arrived on the new server only.
func mailboxes(n int) move {
	random := rand.New(rand.NewPCG(1, 2))
	var m move
	for i := range n {
		l := letter{id: i + 1, date: i + 1, way: i, body: i, octets: 500 + int64(random.IntN(20_000))}
		if i%100 == 99 {
			l = m.old[i-50]
		}
		m.old = append(m.old, l)
	}
	m.fresh = append(m.fresh, m.old[:n-n/100]...)
	for i := range n / 100 {
		m.fresh = append(m.fresh, letter{id: 2*n + i, date: 1, body: 1, octets: 500 + int64(random.IntN(20_000))})
	}
	for i, l := range m.old {
		m.candidates[Old] = append(m.candidates[Old], Candidate{UID: imap.UID(i + 1), Position: i + 1, UniqueID: fmt.Sprint(i), Octets: l.octets})
	}
	for i, l := range m.fresh {
		m.candidates[New] = append(m.candidates[New], Candidate{UID: imap.UID(i + 1), Position: i + 1, Octets: l.octets})
	}
	return m
}

// BenchmarkMatch is the Matcher's own work: what it asks for is at hand. In
// "headers" the new server has added a field to every message, so that neither octets
// nor whole headers tell anything.
func BenchmarkMatch(b *testing.B) {
	for _, kind := range []string{"octets", "headers"} {
		for _, n := range []int{1000, 10_000, 100_000} {
			m := mailboxes(n)
			m.added = kind == "headers"
			var prints [2][]Print
			for side, list := range [][]letter{m.old, m.fresh} {
				for _, l := range list {
					added := side == int(New) && m.added
					prints[side] = append(prints[side], l.seen(StepHeaders, added).With(l.seen(StepBodies, added)))
				}
			}
			if m.added {
				for i := range m.candidates[New] {
					m.candidates[New][i].Octets += 29
				}
			}
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				read := 0
				for b.Loop() {
					matcher := NewMatcher(m.candidates[Old], m.candidates[New])
					read = 0
					for needs := matcher.Needs(); needs.Step != StepNone; needs = matcher.Needs() {
						for side, uids := range [][]imap.UID{needs.Old, needs.New} {
							for _, uid := range uids {
								matcher.Learn(Side(side), uid, needs.Step, prints[side][uid-1])
							}
							read += len(uids)
						}
					}
					if got := len(matcher.Match().Pairs); got < n*98/100 {
						b.Fatalf("%d of %d messages were paired", got, n)
					}
				}
				b.ReportMetric(float64(read)/float64(n), "read/message")
			})
		}
	}
}
