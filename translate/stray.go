package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Strayed is a message that a device has marked and that is not where it was at the
// login: somebody has filed it elsewhere meanwhile, or removed it.
type Strayed struct {
	Mailbox  int // where it was, of the maildrop's
	UID      imap.UID
	UniqueID string
	Octets   int64 // as LIST said
	// Known is what it is recognised by; the zero key where nobody knows.
	Known Identity
	// Confirmed says that the server has confirmed its deletion, and not that it was there.
	Confirmed bool
	// Copied says that the maildrop has the message in another mailbox too, and that it
	// is still there.
	Copied bool
}

// Arrived is a message that has come into one of a maildrop's mailboxes since the login.
type Arrived struct {
	Mailbox int
	UID     imap.UID
	Identity
}

// Retraced is a Strayed message that was found again.
type Retraced struct {
	Was Strayed
	At  Arrived
}

// Strayed gives what is known of those messages of some mailboxes that are marked; uids
// are by mailbox, which may be fewer than there are.
func (m *Merged) Strayed(uids []imap.UIDSet) (strayed []Strayed) {
	gone := make([]func(imap.UID) bool, len(m.parts))
	for i := range gone {
		gone[i] = func(imap.UID) bool { return false }
		if i < len(uids) {
			gone[i] = Member(uids[i])
		}
	}
	marked := m.marked
	if one := m.single(); one != nil {
		marked = one.marked
	}
	marked.each(func(i int) {
		copies := m.copies(i + 1)
		astray := slices.Clone(copies)
		astray = slices.DeleteFunc(astray, func(s seat) bool { return !gone[s.part](m.entry(s).UID) })
		for _, s := range astray {
			one := m.strayed(i+1, s)
			one.Copied = len(astray) < len(copies)
			strayed = append(strayed, one)
		}
	})
	return strayed
}

// Missing gives what is known of message n where it is listed, marked or not.
func (m *Merged) Missing(n int) Strayed { return m.strayed(n, m.copies(n)[0]) }

// strayed is one copy of message n.
func (m *Merged) strayed(n int, s seat) Strayed {
	e := m.entry(s)
	one := Strayed{Mailbox: s.part, UID: e.UID, UniqueID: string(m.AppendUniqueID(nil, n)), Octets: m.parts[s.part].size(s.n - 1)}
	if e.Same != 0 {
		one.Known.Key = SameKey(e.Same)
	}
	return one
}

// Copies gives the places of message n, the listed one first.
func (m *Merged) Copies(n int) (copies []Message) {
	for _, s := range m.copies(n) {
		copies = append(copies, Message{Number: n, Mailbox: s.part, UID: m.entry(s).UID, Octets: m.parts[s.part].size(s.n - 1)})
	}
	return copies
}

func (m *Merged) entry(s seat) Entry { return m.parts[s.part].entries[s.n-1] }

// At is a Strayed message under the place where it was found.
func (s Strayed) At(a Arrived) Strayed {
	s.Mailbox, s.UID = a.Mailbox, a.UID
	return s
}

// Retrace finds strayed messages among those that have arrived, each at most once. It
// gives those that it does not find, and what has arrived besides.
func Retrace(strayed []Strayed, arrived []Arrived) (found []Retraced, lost []Strayed, rest []Arrived) {
	rest = slices.SortedFunc(slices.Values(arrived), func(a, b Arrived) int {
		return cmp.Or(cmp.Compare(a.Mailbox, b.Mailbox), cmp.Compare(a.UID, b.UID))
	})
	for _, s := range strayed {
		at := s.among(rest)
		if at < 0 {
			lost = append(lost, s)
			continue
		}
		found = append(found, Retraced{s, rest[at]})
		rest = slices.Delete(rest, at, at+1)
	}
	return found, lost, rest
}

// among gives which of those that have arrived it is by its content, -1 for none. When it
// was received does not do here: of two messages that came in one second and have one
// size, it would be the wrong one that is deleted.
func (s Strayed) among(arrived []Arrived) int {
	if s.Known.Key == (ContentKey{}) {
		return -1
	}
	return slices.IndexFunc(arrived, func(a Arrived) bool {
		return slices.Contains(s.Known.Key.alike(), a.Key) && (s.Known.Octets == 0 || a.Octets == s.Known.Octets)
	})
}
