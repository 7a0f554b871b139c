package imapbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Trace is where a message lies that a device has deleted.
type Trace struct {
	translate.Place       // its mailbox in wire form, see MailboxName
	Err             error // why it cannot be brought back; nil where it was found
}

// ErrExpunged says of a message that no server has it any more.
var ErrExpunged = errors.New("it was expunged, and only a backup of the server can bring it back")

// Other reasons why a message cannot be brought back.
var (
	errNoTrace = errors.New("the server did not say where it went, and the message has no Message-ID to look for")
	errRemoved = errors.New("it was deleted in the very mailbox that deleted messages go to, and so was removed for good")
	errRebuilt = errors.New("the mailbox was rebuilt while the message was being brought back; try again")
)

// MailboxName is a mailbox's name in wire form as people read it.
func MailboxName(wire string) string { return imap.DecodeMailbox(wire) }

// Find looks for the messages of some lines of the journal, which must have one
// action, the one in the Request's maildrop: under the UID that COPYUID gave or
// that they have kept, else by Message-ID. No two lines get one message. It
// changes nothing upstream.
func (m *Mailbox) Find(ctx context.Context, lines []translate.Deletion) ([]Trace, error) {
	if err := m.ready(ctx); err != nil {
		return nil, refusal(*m.req.Upstream, "selecting the mailbox", err)
	}
	traces := make([]Trace, len(lines))
	boxes := make(map[string][]int)
	for i, d := range lines {
		name, err := m.resting(d)
		if err != nil {
			traces[i].Err = err
			continue
		}
		boxes[name] = append(boxes[name], i)
	}
	for _, name := range slices.Sorted(maps.Keys(boxes)) {
		if err := m.findIn(ctx, name, lines, boxes[name], traces); err != nil {
			return nil, refusal(*m.req.Upstream, fmt.Sprintf("looking into %q", imap.DecodeMailbox(name)), err)
		}
	}
	return traces, nil
}

// resting is the mailbox in which a deleted message lies.
func (m *Mailbox) resting(d translate.Deletion) (string, error) {
	name := d.To
	switch {
	case d.Action.Gone():
		return "", ErrExpunged
	case d.Action.Stays():
		return m.name, nil
	case name == "":
		name = m.server.Target(d.Action.Target())
	}
	if name == m.name {
		return "", errRemoved
	}
	return name, nil
}

// findIn looks for some of the lines, given by their indexes, in one mailbox.
func (m *Mailbox) findIn(ctx context.Context, name string, lines []translate.Deletion, which []int, traces []Trace) error {
	box, err := m.conn.selectMailbox(ctx, name, nil, nil)
	var no *imap.StatusError
	if errors.As(err, &no) && !m.lost() {
		for _, i := range which {
			traces[i].Err = fmt.Errorf("the mailbox %q cannot be opened: %w", imap.DecodeMailbox(name), err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	s := search{validity: box.UIDValidity, taken: make(map[goimap.UID]bool)}
	if s.seen, err = m.sightings(ctx, s.uids(lines, which), nil); err != nil {
		return err
	}
	var rest []int
	for _, i := range which {
		traces[i].Place = translate.Place{Mailbox: name, UIDValidity: box.UIDValidity, UID: s.byUID(lines[i])}
		if traces[i].UID == 0 {
			rest = append(rest, i)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	wanted := make(map[string]bool)
	for _, i := range rest {
		wanted[lines[i].MessageID] = lines[i].MessageID != ""
	}
	s.seen = nil
	if box.Messages > 0 {
		if s.seen, err = m.sightings(ctx, goimap.UIDSet{{Start: 1, Stop: 0}}, wanted); err != nil {
			return err
		}
	}
	for _, i := range rest {
		if traces[i].UID = s.byMessageID(lines[i]); traces[i].UID != 0 {
			continue
		}
		traces[i].Err = fmt.Errorf("it is no longer in %q: it has been moved or removed since", imap.DecodeMailbox(name))
		if lines[i].MessageID == "" && (lines[i].UIDValidity != s.validity && lines[i].ToValidity != s.validity) {
			traces[i].Err = errNoTrace
		}
	}
	return nil
}

// sighting is a message that may be one of those looked for.
type sighting struct {
	uid       goimap.UID
	octets    int64
	messageID string // as the journal has it
}

// sightings looks at messages of the selected mailbox; wanted, where not nil,
// says which Message-IDs are of interest. Servers have the field at hand, so
// even all messages of a large mailbox are soon looked at. SEARCH HEADER would
// do it with text that comes from a message, and finds parts of words.
func (m *Mailbox) sightings(ctx context.Context, set goimap.UIDSet, wanted map[string]bool) (seen []sighting, err error) {
	if len(set) == 0 {
		return nil, nil
	}
	items := imap.Items{Size: true, HeaderFields: []string{"Message-ID"}}
	err = m.conn.wire.Fetch(ctx, set, items, func(msg *imap.Message) error {
		id := translate.Describe(msg.UID, msg.Header).MessageID
		id = strings.ReplaceAll(strings.ToValidUTF8(id, "\uFFFD"), "\x00", "\uFFFD")
		if wanted == nil || wanted[id] {
			seen = append(seen, sighting{uid: msg.UID, octets: msg.Size, messageID: id})
		}
		return nil
	})
	return seen, err
}

// search is what was seen of one mailbox, and what is found already.
type search struct {
	validity uint32
	seen     []sighting
	taken    map[goimap.UID]bool
}

// where is the UID that a line's message has in this mailbox as far as the
// journal knows, 0 where it does not: what flag and hide leave in place keeps
// its own.
func (s *search) where(d translate.Deletion) goimap.UID {
	uid, validity := d.ToUID, d.ToValidity
	if d.Action.Stays() {
		uid, validity = d.UID, d.UIDValidity
	}
	if validity != s.validity {
		return 0
	}
	return uid
}

func (s *search) uids(lines []translate.Deletion, which []int) (set goimap.UIDSet) {
	for _, i := range which {
		if uid := s.where(lines[i]); uid != 0 {
			set.AddNum(uid)
		}
	}
	return set
}

// byUID finds the message under the UID that the journal knows. Another
// Message-ID there means that the server has used the UID again.
func (s *search) byUID(d translate.Deletion) goimap.UID {
	uid := s.where(d)
	for _, c := range s.seen {
		if c.uid == uid && c.messageID == d.MessageID {
			return s.take(d, uid)
		}
	}
	return 0
}

// byMessageID finds a message that no other line has got: one with as many
// octets rather than another, then the newest, which was moved there last.
func (s *search) byMessageID(d translate.Deletion) goimap.UID {
	var best sighting
	for _, c := range s.seen {
		if d.MessageID == "" || c.messageID != d.MessageID || s.taken[c.uid] {
			continue
		}
		like, bestLike := c.octets == d.Octets, best.octets == d.Octets
		if best.uid == 0 || like && !bestLike || like == bestLike && c.uid > best.uid {
			best = c
		}
	}
	return s.take(d, best.uid)
}

// take keeps a message from other lines. What several devices have hidden, each
// for itself, is one message for all of them.
func (s *search) take(d translate.Deletion, uid goimap.UID) goimap.UID {
	if uid != 0 && d.Action.Touches() {
		s.taken[uid] = true
	}
	return uid
}
