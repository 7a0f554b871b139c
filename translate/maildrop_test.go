package translate_test

import (
	"errors"
	"maps"
	"math"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// Numbers never shift and STAT is the sum of LIST, under any DELE, RSET and RETR.
func TestAMaildropAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l translate.Listing
		known := translate.Known{Octets: make(map[imap.UID]int64), Hidden: make(map[imap.UID]struct{})}
		policy := translate.Policy{OnDelete: rapid.SampledFrom(translate.OnDeletes()).Draw(t, "on_delete")}
		var model []translate.Message // by number - 1
		for i := range rapid.IntRange(0, 150).Draw(t, "listed") {
			e := translate.Entry{UID: imap.UID(2*i + 1), Size: rapid.Int64Range(0, translate.MaxOctets).Draw(t, "size")}
			e.Flags = translate.EntryFlags(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2, 3}).Draw(t, "flags"))
			l.Entries = append(l.Entries, e)
			msg := translate.Message{Number: len(model) + 1, UID: e.UID, Octets: e.Size}
			if rapid.IntRange(0, 3).Draw(t, "measured at 0") == 0 {
				msg.Octets = rapid.Int64Range(0, translate.MaxOctets).Draw(t, "octets")
				known.Octets[e.UID] = msg.Octets
			}
			hidden := rapid.IntRange(0, 6).Draw(t, "hidden at 0") == 0
			if hidden {
				known.Hidden[e.UID] = struct{}{}
			}
			flagged := e.Flags&translate.FlagPOP3Deleted != 0
			if !hidden && !flagged && e.Flags&translate.FlagDeleted == 0 {
				model = append(model, msg)
			}
		}
		m, err := translate.NewMaildrop(l, known, policy)
		if err != nil {
			t.Fatal(err)
		}
		marked, measured, last := make(map[int]bool), make(map[imap.UID]int64), 0
		number := rapid.IntRange(-1, len(model)+2)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { checkMaildrop(t, m, model, marked, last) },
			"DELE": func(t *rapid.T) {
				n := number.Draw(t, "n")
				legal := n >= 1 && n <= len(model) && !marked[n]
				if err := m.Delete(n); (err == nil) != legal {
					t.Fatalf("DELE %d: %v", n, err)
				}
				if legal {
					marked[n] = true
				}
			},
			"RSET": func(*rapid.T) {
				m.Reset()
				clear(marked)
				last = 0
			},
			"RETR": func(t *rapid.T) {
				n := number.Draw(t, "n")
				if n < 1 || n > len(model) {
					return
				}
				octets := model[n-1].Octets + rapid.Int64Range(0, 1).Draw(t, "more")
				m.Retrieved(n, octets)
				last = max(last, n)
				delete(measured, model[n-1].UID)
				if octets != model[n-1].Octets {
					measured[model[n-1].UID] = octets
				}
				if got := m.Facts().Octets; !maps.Equal(got, measured) {
					t.Fatalf("octets to remember: %v, want %v", got, measured)
				}
			},
		})
	})
}

func checkMaildrop(t *rapid.T, m *translate.Maildrop, model []translate.Message, marked map[int]bool, last int) {
	var listed int
	var octets int64
	for msg := range m.Messages {
		listed++
		octets += msg.Octets
		if marked[msg.Number] || msg != model[msg.Number-1] {
			t.Fatalf("LIST shows %+v (marked: %v), want %+v", msg, marked[msg.Number], model[msg.Number-1])
		}
	}
	if n, sum := m.Stat(); n != listed || sum != octets || n != len(model)-len(marked) {
		t.Fatalf("STAT %d %d, LIST %d %d, marked %d of %d", n, sum, listed, octets, len(marked), len(model))
	}
	for n := range len(model) + 2 {
		msg, err := m.Message(n)
		there := n >= 1 && n <= len(model) && !marked[n]
		if (err == nil) != there || there && msg != model[n-1] {
			t.Fatalf("message %d: %+v, %v", n, msg, err)
		}
		var r *translate.Refusal
		if err != nil && (!errors.As(err, &r) || r.Code != "") {
			t.Fatalf("message %d: %v is not a plain refusal", n, err)
		}
	}
	if m.Len() != len(model) || m.Marked() != len(marked) || m.Last() != last {
		t.Fatalf("Len %d Marked %d Last %d, want %d %d %d", m.Len(), m.Marked(), m.Last(), len(model), len(marked), last)
	}
}

// 3,000 messages of 2 GB are more than 32 bits hold, many times over.
func TestSizesBeyond32Bits(t *testing.T) {
	var l translate.Listing
	for uid := range imap.UID(3000) {
		l.Entries = append(l.Entries, translate.Entry{UID: uid + 1, Size: 1 << 31})
	}
	m, err := translate.NewMaildrop(l, translate.Known{}, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if n, octets := m.Stat(); n != 3000 || octets != 3000<<31 {
		t.Errorf("STAT %d %d", n, octets)
	}
}

// A server that lies about octets must not have the sum run over: devices would be
// told that the maildrop holds fewer than none.
func TestOctetsBeyondReason(t *testing.T) {
	l := translate.Listing{UIDValidity: 1, Entries: []translate.Entry{{UID: 1, Size: math.MaxInt64}, {UID: 2, Size: math.MaxInt64}}}
	m, err := translate.NewMaildrop(l, translate.Known{}, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if _, octets := m.Stat(); octets != 2*translate.MaxOctets {
		t.Errorf("%d octets", octets)
	}
}

// What is remembered under one UIDVALIDITY means nothing under another.
func TestWhatIsKnownHoldsForOneUIDVALIDITY(t *testing.T) {
	l := translate.Listing{UIDValidity: 2, Entries: []translate.Entry{{UID: 1, Size: 10}}}
	known := translate.Known{
		UIDValidity: 1, Octets: map[imap.UID]int64{1: 99}, Hidden: map[imap.UID]struct{}{1: {}}, UniqueIDs: map[imap.UID]string{1: "old"},
	}
	m, err := translate.NewMaildrop(l, known, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if n, octets := m.Stat(); n != 1 || octets != 10 || m.UIDValidity() != 2 || m.Facts().UIDValidity != 2 {
		t.Errorf("STAT %d %d under %d", n, octets, m.UIDValidity())
	}
	if id := string(m.AppendUniqueID(nil, 1)); id != "0000000100000002" {
		t.Errorf("unique-id %q", id)
	}
}

// A listing that is not in ascending order would give numbers to the wrong
// messages; the listing itself is shared and must stay as it is.
func TestAListingThatContradictsItself(t *testing.T) {
	for _, uids := range [][]imap.UID{{2, 1}, {3, 3}} {
		var l translate.Listing
		for _, uid := range uids {
			l.Entries = append(l.Entries, translate.Entry{UID: uid})
		}
		if _, err := translate.NewMaildrop(l, translate.Known{}, translate.Policy{}); err == nil {
			t.Errorf("UIDs %v were taken", uids)
		}
	}
	l := translate.Listing{Entries: []translate.Entry{{UID: 1, Flags: translate.FlagDeleted}, {UID: 2}}}
	if _, err := translate.NewMaildrop(l, translate.Known{}, translate.Policy{}); err != nil || l.Entries[0].UID != 1 {
		t.Errorf("the listing is %v now: %v", l.Entries, err)
	}
}
