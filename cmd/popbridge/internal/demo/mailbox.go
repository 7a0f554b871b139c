package demo

import (
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// firstUID is where each mailbox begins. It is not 1, so that nobody who watches
// the demo takes a UID for a message number.
const firstUID imap.UID = 1001

// message is one message in one mailbox. The account's mutex guards the fields
// below the line; those above it never change.
type message struct {
	uid    imap.UID
	octets []byte
	date   time.Time // INTERNALDATE

	flags   []imap.Flag
	version uint64 // the mailbox's when the flags last changed
	gone    bool   // expunged; some connection may not know it yet
}

func (m *message) has(flag imap.Flag) bool { return hasFlag(m.flags, flag) }

// mailbox is guarded by the mutex of the account that it belongs to.
type mailbox struct {
	validity   uint32
	next       imap.UID
	messages   []*message // in the order of their UIDs
	use        []imap.MailboxAttr
	subscribed bool

	version  uint64 // counts the changes, so that a connection sees quickly that there is none
	watchers map[chan struct{}]struct{}
}

func newMailbox(validity uint32, use ...imap.MailboxAttr) *mailbox {
	return &mailbox{
		validity: validity,
		next:     firstUID,
		use:      use,
		watchers: make(map[chan struct{}]struct{}),
	}
}

// changed tells every connection in IDLE that there is something to poll.
func (b *mailbox) changed() {
	b.version++
	for w := range b.watchers {
		select {
		case w <- struct{}{}:
		default: // it has not come to poll yet and will see this change with the last
		}
	}
}

// add files octets as the newest message and returns it.
func (b *mailbox) add(octets []byte, flags []imap.Flag, date time.Time) *message {
	m := &message{uid: b.next, octets: octets, date: date}
	for _, f := range flags {
		m.flags = withFlag(m.flags, f)
	}
	b.next++
	b.messages = append(b.messages, m)
	b.changed()
	m.version = b.version
	return m
}

// setFlags replaces the flags of a message.
func (b *mailbox) setFlags(m *message, flags []imap.Flag) {
	if slices.Equal(m.flags, flags) {
		return
	}
	m.flags = flags
	b.changed()
	m.version = b.version
}

// expunge removes the messages; connections learn of it from their next poll.
func (b *mailbox) expunge(gone []*message) {
	if len(gone) == 0 {
		return
	}
	for _, m := range gone {
		m.gone = true
	}
	b.messages = slices.DeleteFunc(b.messages, func(m *message) bool { return m.gone })
	b.changed()
}

// copyTo files the messages in the mailbox dest, with their flags and dates, and
// returns what COPYUID says of it (RFC 4315 §3), nil for no message at all.
func (b *mailbox) copyTo(dest *mailbox, messages []*message) *imap.CopyData {
	if len(messages) == 0 {
		return nil
	}
	data := &imap.CopyData{UIDValidity: dest.validity}
	for _, m := range messages {
		data.SourceUIDs = appendUID(data.SourceUIDs, m.uid)
		data.DestUIDs = appendUID(data.DestUIDs, dest.add(m.octets, m.flags, m.date).uid)
	}
	return data
}

func (b *mailbox) count(flag imap.Flag) (n uint32, octets int64) {
	for _, m := range b.messages {
		if m.has(flag) {
			n++
			octets += int64(len(m.octets))
		}
	}
	return n, octets
}

// appendUID adds a UID that is larger than all in the set.
func appendUID(set imap.UIDSet, uid imap.UID) imap.UIDSet {
	if n := len(set); n > 0 && set[n-1].Stop+1 == uid {
		set[n-1].Stop = uid
		return set
	}
	return append(set, imap.UIDRange{Start: uid, Stop: uid})
}

// Flags are compared without regard to case (RFC 9051 §2.3.2) and kept as they
// were first written.

func hasFlag(flags []imap.Flag, flag imap.Flag) bool {
	return slices.ContainsFunc(flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) })
}

// withFlag returns a new slice: the old one may still be on its way to a client.
// \Recent is the server's own and cannot be stored (RFC 3501 §2.3.2).
func withFlag(flags []imap.Flag, flag imap.Flag) []imap.Flag {
	if hasFlag(flags, flag) || strings.EqualFold(string(flag), `\Recent`) {
		return flags
	}
	return append(slices.Clone(flags), flag)
}

func withoutFlag(flags []imap.Flag, flag imap.Flag) []imap.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f imap.Flag) bool {
		return strings.EqualFold(string(f), string(flag))
	})
}
