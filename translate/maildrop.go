package translate

import (
	"fmt"
	"iter"
	"maps"

	"github.com/emersion/go-imap/v2"
)

// Known is what the ledger remembers of a mailbox for one device. What is keyed
// by UID holds for UIDValidity alone.
type Known struct {
	UIDValidity uint32
	// Octets are sizes that a complete RETR has measured, where they differ
	// from RFC822.SIZE.
	Octets map[imap.UID]int64
	// Hidden are the messages that this device has put away.
	Hidden map[imap.UID]struct{}
	// UniqueIDs are pinned: they cannot be computed again.
	UniqueIDs map[imap.UID]string
	// Order is the place of messages on the server that the account has moved
	// from, where that is not the order of UIDs.
	Order map[imap.UID]int
	// Formats says with which format messages were first served, in ascending
	// order of From; empty: none has been served yet.
	Formats []Span
	// Recent, where not nil, are the only messages that a device sees; the
	// others are neither listed nor touched.
	Recent *imap.UIDSet
	// Found, where not nil, are what the maildrop's search has found; the others are
	// neither listed nor touched.
	Found *imap.UIDSet
}

// Hide adds messages to those that this device has put away, in a
// map of its own, since the ledger shares the one it gave.
func (k *Known) Hide(uids imap.UIDSet) {
	more := Members(uids)
	hidden := make(map[imap.UID]struct{}, len(k.Hidden)+len(more))
	maps.Copy(hidden, k.Hidden)
	for _, uid := range more {
		hidden[uid] = struct{}{}
	}
	k.Hidden = hidden
}

// Message is one line of the maildrop.
type Message struct {
	Number  int
	Mailbox int // which of the maildrop's mailboxes it lies in, from 0
	UID     imap.UID
	Octets  int64
}

// Maildrop is the frozen POP3 view of a mailbox in one session. Numbers run
// from 1 to Len and never shift (RFC 1939 §4). It is not safe for concurrent use.
// Where a maildrop shows several mailboxes each has one, and they are Merged.
type Maildrop struct {
	policy   Policy
	validity uint32
	assigned bool // an old server's messages, which keep their unique-ids and octets
	entries  []Entry
	known    Known
	pins     map[imap.UID]string

	octets       int64
	marked       bitset
	markedCount  int
	markedOctets int64
	retrieved    bitset
	elsewhere    []imap.UID // retrieved too, and listed in another mailbox
	measured     map[imap.UID]int64
	last         int
	leftOut      LeftOut
}

// NewMaildrop numbers the messages of a listing in the order of their UIDs, or
// in that of an old server (Order). Messages whose flags the policy does not show,
// and those that are hidden from this device, are left out. It fails where a listing
// contradicts itself.
func NewMaildrop(l Listing, known Known, p Policy) (*Maildrop, error) {
	if known.UIDValidity != l.UIDValidity {
		known = Known{UIDValidity: l.UIDValidity}
	}
	all := l.survey()
	if !all.ascending {
		return nil, inOrderOfUID(l.Entries)
	}
	m := &Maildrop{policy: p, validity: l.UIDValidity, assigned: l.Assigned, known: known, entries: l.Entries}
	// Unique-ids are settled over the whole listing, so that they do not depend
	// on what this device happens to see.
	m.pin(all.given)
	m.entries = m.arrange(m.visible(l.Entries, all), all)
	if len(known.Octets) == 0 && len(m.entries) == all.count {
		m.octets = all.octets
		return m, nil
	}
	for i := range m.entries {
		m.octets += m.size(i)
	}
	return m, nil
}

// MaxOctets is the most that a message is said to have: a server that claims more
// lies, and the sum of ten million such messages still fits.
const MaxOctets = 1 << 39

// size is what LIST says. Devices have seen the old server's own figures, right
// or wrong.
func (m *Maildrop) size(i int) int64 { return m.octetsOf(&m.entries[i]) }

func (m *Maildrop) octetsOf(e *Entry) int64 {
	if len(m.known.Octets) > 0 && !m.assigned {
		if octets, ok := m.known.Octets[e.UID]; ok {
			return octets
		}
	}
	return min(e.Size, MaxOctets)
}

// Len is the number of messages at login, marked ones included: the highest
// message number.
func (m *Maildrop) Len() int { return len(m.entries) }

// UIDValidity is the one under which every UID of this maildrop holds.
func (m *Maildrop) UIDValidity() uint32 { return m.validity }

// Stat counts the messages that are not marked, and their octets (RFC 1939 §5).
func (m *Maildrop) Stat() (messages int, octets int64) {
	return len(m.entries) - m.markedCount, m.octets - m.markedOctets
}

// Message gives the message with number n, or a Refusal where there is none or
// it is marked.
func (m *Maildrop) Message(n int) (Message, error) {
	if n < 1 || n > len(m.entries) {
		return Message{}, &Refusal{Text: fmt.Sprintf("no such message, there are %d", len(m.entries))}
	}
	if m.marked.has(n - 1) {
		return Message{}, &Refusal{Text: fmt.Sprintf("message %d is marked as deleted", n)}
	}
	return Message{Number: n, UID: m.entries[n-1].UID, Octets: m.size(n - 1)}, nil
}

// Messages yields the messages that are not marked, in order.
func (m *Maildrop) Messages(yield func(Message) bool) { m.from(0, yield) }

// After yields the messages after number n that are not marked, in order.
func (m *Maildrop) After(n int) iter.Seq[Message] {
	return func(yield func(Message) bool) { m.from(n, yield) }
}

func (m *Maildrop) from(first int, yield func(Message) bool) {
	for i := first; i < len(m.entries); i++ {
		if m.marked.has(i) {
			continue
		}
		if !yield(Message{Number: i + 1, UID: m.entries[i].UID, Octets: m.size(i)}) {
			return
		}
	}
}

// AppendUniqueID adds to dst the unique-id of message number n, which must be
// one that Message or Messages gave.
func (m *Maildrop) AppendUniqueID(dst []byte, n int) []byte {
	e := &m.entries[n-1]
	if m.pins != nil {
		if id, ok := m.pins[e.UID]; ok {
			return append(dst, id...)
		}
	}
	format := m.format(e.UID)
	if e.UniqueID != "" && (m.assigned || format.gmail || !isGmail(e.UniqueID)) {
		return append(dst, e.UniqueID...)
	}
	return format.append(dst, m.validity, e.UID)
}

// format is the one with which a message was first served.
func (m *Maildrop) format(uid imap.UID) *Format {
	for i := len(m.known.Formats) - 1; i >= 0; i-- {
		if span := &m.known.Formats[i]; span.From <= uid {
			return &span.Format
		}
	}
	return &m.policy.UniqueID
}

// Delete marks message n. Nothing happens upstream (RFC 1939 §5).
func (m *Maildrop) Delete(n int) error {
	msg, err := m.Message(n)
	if err != nil {
		return err
	}
	m.marked.set(n-1, len(m.entries))
	m.markedCount++
	m.markedOctets += msg.Octets
	return nil
}

// Reset takes all marks away, and what LAST remembers (RFC 1460).
func (m *Maildrop) Reset() {
	m.marked, m.markedCount, m.markedOctets, m.last = nil, 0, 0, 0
}

// Marked is the number of messages marked now.
func (m *Maildrop) Marked() int { return m.markedCount }

// Retrieved notes that message n went out in full, terminator and all, and how
// many octets it had. What LIST says stays as it was in this session.
func (m *Maildrop) Retrieved(n int, octets int64) {
	m.read(n)
	if octets == m.size(n-1) || m.assigned {
		delete(m.measured, m.entries[n-1].UID)
		return
	}
	if m.measured == nil {
		m.measured = make(map[imap.UID]int64)
	}
	m.measured[m.entries[n-1].UID] = octets
}

// read notes that the device has message n in full, out of whichever mailbox.
func (m *Maildrop) read(n int) {
	m.retrieved.set(n-1, len(m.entries))
	m.last = max(m.last, n)
}

// ReadElsewhere notes that the device has a message in full that was not listed here: it
// came from another mailbox of the maildrop since the login.
func (m *Maildrop) ReadElsewhere(uid imap.UID) { m.elsewhere = append(m.elsewhere, uid) }

// Last is the highest message number retrieved (LAST, RFC 1460), 0 for none.
func (m *Maildrop) Last() int { return m.last }

// Facts is what a session has learned and the ledger should keep.
type Facts struct {
	MailboxFacts
	// Hide are messages that this device is not to see again.
	Hide imap.UIDSet
	// Pins are unique-ids that could not be computed again.
	Pins map[imap.UID]string
	// Identities are what messages of a maildrop with several mailboxes are recognised
	// by when they come up in another of these.
	Identities map[imap.UID]Identity
	// Formats replaces the spans; nil leaves them as they are.
	Formats []Span
	// Deletions are lines for the journal.
	Deletions []Deletion
	// Removed are messages of the page that were deleted in another mailbox of the
	// maildrop, where somebody had filed them: they are looked for no more.
	Removed imap.UIDSet
	// Copied are messages that need not be copied again.
	Copied []Copied
	// LeftOut is what the device is not shown of the whole maildrop; nil where that was
	// not counted.
	LeftOut *LeftOut
}

// MailboxFacts is what was learned of a mailbox's messages, whoever is served from it.
type MailboxFacts struct {
	UIDValidity uint32
	// Listing is what the mailbox holds now; nil where it was not listed.
	Listing *Listing
	// Octets are sizes as RETR sent them, where they differ from the listing.
	Octets map[imap.UID]int64
	// Keys are content keys that were learned.
	Keys map[imap.UID]ContentKey
	// Prints are what was learned of messages' content beyond that; a part that is
	// zero takes nothing away from what is known.
	Prints map[imap.UID]Print
}

// Empty reports whether nothing was learned.
func (f MailboxFacts) Empty() bool {
	return f.Listing == nil && len(f.Octets) == 0 && len(f.Keys) == 0 && len(f.Prints) == 0
}

// Facts gives what this session has learned so far; hiding is a Plan's.
func (m *Maildrop) Facts() Facts {
	return Facts{MailboxFacts: MailboxFacts{UIDValidity: m.validity, Octets: m.measured}, Pins: m.newPins()}
}
