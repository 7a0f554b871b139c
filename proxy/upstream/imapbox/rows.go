package imapbox

import (
	"context"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// rows gathers what a server tells of messages for a listing.
type rows struct {
	from  goimap.UID // what lies below was not asked for
	gmail bool
	also  *Mailbox // whose maildrop needs more of a message than its size and flags; nil: none does
	full  []translate.Entry
	torn  map[goimap.UID]translate.EntryFlags // told without their size
	ahead *imap.Ahead                         // in the flight of SELECT, its outcome not looked at yet; nil: they are asked for alone
}

// newRows makes room for what is expected: the server's own number is believed
// only as far as it costs nothing.
func (m *Mailbox) newRows(from goimap.UID, expected int) *rows {
	r := &rows{from: from, gmail: m.gmail()}
	r.expect(expected)
	if m.dated() || m.identified() {
		r.also = m
	}
	return r
}

func (r *rows) expect(n int) { r.full, r.torn = make([]translate.Entry, 0, min(n, 1<<16)), nil }

// items are what a listing needs of a message.
func (r *rows) items() imap.Items {
	items := imap.Items{Flags: true, Size: true, GmailMsgID: r.gmail, Incomplete: true}
	if r.also != nil {
		r.also.also(&items)
	}
	return items
}

// take reports whether all that a listing needs has been told of a message. One
// without its flags is not taken at all: nobody may be meant to see it.
func (r *rows) take(msg *imap.Message) bool {
	if msg.UID < r.from || msg.Has&imap.AttrFlags == 0 || r.gmail && msg.Has&imap.AttrGmailMsgID == 0 {
		return false
	}
	e := translate.Entry{UID: msg.UID, Size: msg.Size, Flags: flags(msg.Flags)}
	if msg.Has&imap.AttrSize == 0 {
		if r.torn == nil {
			r.torn = make(map[goimap.UID]translate.EntryFlags)
		}
		r.torn[e.UID] = e.Flags
		return false
	}
	if r.gmail {
		e.UniqueID = translate.GmailUniqueID(msg.GmailMsgID)
	}
	if r.also != nil {
		r.also.describeEntry(&e, msg)
	}
	r.full = append(r.full, e)
	return true
}

// ask asks for the messages from a UID upwards, where that has not been done.
func (r *rows) ask(ctx context.Context, conn *connection) error {
	err := conn.fetchBy(ctx, r.items(), func(items imap.Items) error {
		if ahead := r.ahead; ahead != nil {
			r.ahead = nil
			return ahead.Err
		}
		return conn.wire.Fetch(ctx, goimap.UIDSet{{Start: r.from, Stop: 0}}, items, r.each)
	})
	r.sort()
	return err
}

func (r *rows) each(msg *imap.Message) error {
	r.take(msg)
	return nil
}

// sort brings the rows in order of UID, each once.
func (r *rows) sort() {
	byUID := func(a, b translate.Entry) int { return int(int64(a.UID) - int64(b.UID)) }
	if !slices.IsSortedFunc(r.full, byUID) {
		slices.SortFunc(r.full, byUID)
	}
	r.full = slices.CompactFunc(r.full, func(a, b translate.Entry) bool { return a.UID == b.UID })
	for _, e := range r.full {
		if len(r.torn) == 0 {
			break
		}
		delete(r.torn, e.UID) // news between the rows
	}
}
