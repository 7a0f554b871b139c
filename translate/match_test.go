package translate

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// mail is a candidate whose header has a Message-ID and a Date of its own number.
func mail(uid int, octets int64, number int) Candidate {
	return Candidate{UID: imap.UID(uid), Position: uid, UniqueID: fmt.Sprint("id-", uid), Octets: octets, Print: letter{id: number, date: 1, octets: octets}.seen(StepHeaders, false)}
}

// sized is a candidate of which nothing but octets is known.
func sized(octets ...int64) []Candidate {
	list := make([]Candidate, len(octets))
	for i, n := range octets {
		list[i] = Candidate{UID: imap.UID(i + 1), Position: i + 1, Octets: n}
	}
	return list
}

func bodied(c Candidate, body byte) Candidate {
	c.Print.Body = ContentKey{body}
	return c
}

// decide gives the Match where nothing more can be read.
func decide(t *testing.T, old, fresh []Candidate) Match {
	t.Helper()
	m := NewMatcher(old, fresh)
	for n := m.Needs(); n.Step != StepNone; n = m.Needs() {
		for side, uids := range [][]imap.UID{n.Old, n.New} {
			for _, uid := range uids {
				m.Learn(Side(side), uid, n.Step, Print{})
			}
		}
	}
	return m.Match()
}

func TestOctetsTell(t *testing.T) {
	for _, test := range []struct {
		what   string
		octets []int64
		want   string // 1: told
	}{
		{"all different", []int64{10, 20, 30, 40, 50, 60}, "111100"},
		{"neighbours alike", []int64{10, 20, 20, 40, 50, 60, 70, 80}, "00001100"},
		{"one nearby has as many", []int64{10, 20, 30, 40, 50, 60, 10, 80, 90, 91, 92}, "01111101100"},
		{"the same run twice", []int64{1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 17, 18}, "110111111111101100"},
		{"octets not known", []int64{10, 0, 30, 40, 50, 60, 70}, "0000100"},
		{"too few", []int64{10, 20}, "00"},
	} {
		got := ""
		for _, tell := range OctetsTell(test.octets) {
			got += map[bool]string{true: "1", false: "0"}[tell]
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}

func TestMatchByOctetsAlone(t *testing.T) {
	got := decide(t, sized(10, 20, 30, 40, 50, 60, 70), sized(10, 20, 30, 40, 50, 60, 70))
	if len(got.Pairs) != 5 || len(got.OldOnly) != 2 || len(got.NewOnly) != 2 {
		t.Errorf("equal lists: %+v", got)
	}
	// What has arrived on both sides has the same octets by chance.
	got = decide(t, sized(10, 20, 30, 40, 50, 60, 70), sized(10, 20, 30, 40, 50, 60, 70, 80))
	for _, p := range got.Pairs {
		if p.Old > 5 {
			t.Errorf("the end of a list was paired by octets: %v", p)
		}
	}
	// A neighbour that is missing leaves those around it to be read.
	got = decide(t, sized(10, 20, 30, 40, 50, 60, 70, 80, 90), sized(10, 20, 30, 50, 60, 70, 80, 90))
	if want := []Pair{{1, 1, ReasonOctets}, {7, 6, ReasonOctets}}; !reflect.DeepEqual(got.Pairs, want) {
		t.Errorf("with the fourth lost: %v, want %v", got.Pairs, want)
	}
	// What is known of the content outweighs octets.
	old, fresh := sized(10, 20, 30, 40, 50), sized(10, 20, 30, 40, 50)
	old[1].Print, fresh[1].Print = mail(1, 0, 1).Print, mail(1, 0, 2).Print
	if got = decide(t, old, fresh); slices.ContainsFunc(got.Pairs, func(p Pair) bool { return p.Old == 2 }) {
		t.Errorf("another Message-ID, and paired by octets: %v", got.Pairs)
	}
}

func TestMatchByContent(t *testing.T) {
	weak := func(uid int, octets int64) Candidate {
		return Candidate{UID: imap.UID(uid), Position: uid, Octets: octets, Print: letter{}.seen(StepHeaders, false)}
	}
	undated := func(uid int, added bool) Candidate {
		return Candidate{UID: imap.UID(uid), Position: uid, Print: letter{date: 1}.seen(StepHeaders, added)}
	}
	for _, test := range []struct {
		what       string
		old, fresh []Candidate
		want       Match
	}{
		{"by header, in another order", []Candidate{mail(1, 5, 1), mail(2, 5, 2)}, []Candidate{mail(1, 5, 2), mail(2, 5, 1)},
			Match{Pairs: []Pair{{1, 2, ReasonHeader}, {2, 1, ReasonHeader}}}},
		{"old servers' sizes lie", []Candidate{mail(1, 5, 1)}, []Candidate{mail(1, 6, 1)}, Match{Pairs: []Pair{{1, 1, ReasonHeader}}}},
		{"one header, and both sides have the same octets", []Candidate{mail(1, 5, 1), mail(2, 6, 1)}, []Candidate{mail(1, 6, 1), mail(2, 5, 1)},
			Match{Pairs: []Pair{{1, 2, ReasonHeader}, {2, 1, ReasonHeader}}}},
		{"one header, other octets, no body", []Candidate{mail(1, 5, 1), mail(2, 6, 1)}, []Candidate{mail(1, 6, 1), mail(2, 7, 1)},
			Match{Ambiguous: []Group{{Old: []imap.UID{1, 2}, New: []imap.UID{1, 2}}}}},
		{"twins pair in order", []Candidate{bodied(mail(1, 5, 1), 1), bodied(mail(2, 5, 1), 1)}, []Candidate{bodied(mail(7, 5, 1), 1), bodied(mail(9, 5, 1), 1)},
			Match{Pairs: []Pair{{1, 7, ReasonBody}, {2, 9, ReasonBody}}}},
		{"one of the twins is gone", []Candidate{bodied(mail(1, 5, 1), 1), bodied(mail(2, 5, 1), 1)}, []Candidate{bodied(mail(7, 5, 1), 1)},
			Match{Pairs: []Pair{{1, 7, ReasonBody}}, OldOnly: []imap.UID{2}}},
		{"twins of which one body cannot be read", []Candidate{bodied(mail(1, 5, 1), 1), mail(2, 5, 1)}, []Candidate{bodied(mail(7, 5, 1), 1), bodied(mail(9, 5, 1), 2)},
			Match{Pairs: []Pair{{1, 7, ReasonBody}}, Ambiguous: []Group{{Old: []imap.UID{2}, New: []imap.UID{9}}}}},
		{"a header that says nothing, no body", []Candidate{weak(1, 5)}, []Candidate{weak(1, 5)}, Match{Ambiguous: []Group{{Old: []imap.UID{1}, New: []imap.UID{1}}}}},
		{"a header that says nothing, one body", []Candidate{bodied(weak(1, 5), 1)}, []Candidate{bodied(weak(1, 5), 1)}, Match{Pairs: []Pair{{1, 1, ReasonBody}}}},
		{"a header that says nothing, other bodies", []Candidate{bodied(weak(1, 5), 1)}, []Candidate{bodied(weak(1, 5), 2)},
			Match{OldOnly: []imap.UID{1}, NewOnly: []imap.UID{1}}},
		{"Date alone, and a field was added", []Candidate{undated(1, false)}, []Candidate{undated(1, true)}, Match{Ambiguous: []Group{{Old: []imap.UID{1}, New: []imap.UID{1}}}}},
		{"a unique-id never twice", []Candidate{mail(1, 5, 1), {UID: 2, Position: 2, UniqueID: "id-1", Octets: 6, Print: mail(2, 6, 2).Print}}, []Candidate{mail(1, 5, 1), mail(2, 6, 2)},
			Match{Pairs: []Pair{{1, 1, ReasonHeader}}, Repeated: []Pair{{2, 2, ReasonHeader}}}},
		{"nothing in common", []Candidate{mail(1, 5, 1)}, []Candidate{mail(1, 5, 2)}, Match{OldOnly: []imap.UID{1}, NewOnly: []imap.UID{1}}},
		{"nothing at all", nil, nil, Match{}},
	} {
		if got := decide(t, test.old, test.fresh); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.want)
		}
	}
}

// TestMatchReadsLittle has a large mailbox cost no more headers than what octets do
// not tell, no body but those of twins, and nothing where one side has no message left.
func TestMatchReadsLittle(t *testing.T) {
	m := mailboxes(1000)
	result, read := m.run(t)
	if len(result.Pairs) < 985 || read[StepHeaders] > 200 || read[StepBodies] > 60 {
		t.Errorf("%d pairs, %v were read", len(result.Pairs), read)
	}
	matcher := NewMatcher(nil, m.candidates[New])
	if n := matcher.Needs(); n.Step != StepNone {
		t.Errorf("with an empty old side %d messages are to be read", len(n.New))
	}
}

// TestOctetsThatAllHaveChanged: where a copying program has made every message a
// little longer, octets that agree do so by chance, and tell nothing.
func TestOctetsThatAllHaveChanged(t *testing.T) {
	var old, fresh []Candidate
	for i := range 60 {
		// Each is as long as the one 10 places on was before the copy.
		c := Candidate{UID: imap.UID(i + 1), Position: i + 1, UniqueID: fmt.Sprint("id", i), Octets: int64(1000 + 2*i)}
		old = append(old, c)
		c.Octets += 20
		if i%7 == 6 {
			c.Octets++
		}
		fresh = append(fresh, c)
	}
	m := NewMatcher(old, fresh)
	if n := m.Needs(); n.Step != StepHeaders || len(n.Old) != len(old) || len(n.New) != len(fresh) {
		t.Fatalf("%d old and %d new headers are needed (step %d), want all", len(n.Old), len(n.New), n.Step)
	}
	for _, c := range old {
		p := PrintHeader(fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\n\r\n", c.UID))
		m.Learn(Old, c.UID, StepHeaders, p)
		m.Learn(New, c.UID, StepHeaders, p)
	}
	for _, p := range m.Match().Pairs {
		if p.Old != p.New {
			t.Errorf("old message %d is paired with new message %d, since %s", p.Old, p.New, p.Reason)
		}
	}
}
