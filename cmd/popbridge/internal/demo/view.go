package demo

import (
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// view is a selected mailbox as one connection knows it: its message numbers
// change only when Poll tells the client so (RFC 9051 §7.5.1). The account's
// mutex guards it.
//
// imapserver's own tracker is not used: it queues what happened for each
// connection, so that a MOVE reported at once is reported again, with the number
// of another message. Here the difference between what is and what the client
// knows is worked out at each poll, and there is nothing to be told twice.
type view struct {
	mailbox  *mailbox
	readOnly bool

	known   []entry  // entry i is message number i+1
	next    imap.UID // messages from here on are not announced yet
	version uint64   // the mailbox's at the last complete poll
	updates chan struct{}
}

// entry is a message that the client knows of, and the version of its flags that
// it was told.
type entry struct {
	*message
	told uint64
}

func newView(b *mailbox, readOnly bool) *view {
	v := &view{mailbox: b, readOnly: readOnly, updates: make(chan struct{}, 1)}
	v.learn()
	v.version = b.version
	b.watchers[v.updates] = struct{}{}
	return v
}

func (v *view) close() { delete(v.mailbox.watchers, v.updates) }

// learn takes in the messages that arrived since the last time.
func (v *view) learn() {
	first, _ := slices.BinarySearchFunc(v.mailbox.messages, v.next, func(m *message, uid imap.UID) int {
		return int(int64(m.uid) - int64(uid))
	})
	for _, m := range v.mailbox.messages[first:] {
		v.known = append(v.known, entry{m, m.version})
	}
	v.next = v.mailbox.next
}

// news is what a poll has to tell, in the order in which it is written.
type news struct {
	expunged []uint32 // message numbers, each as valid after those before it
	flags    []changedFlags
	exists   uint32 // 0: no new message
}

type changedFlags struct {
	number uint32
	uid    imap.UID
	flags  []imap.Flag
}

// poll brings the view up to date and returns what the client must be told.
// Without allowExpunge the message numbers stay as they are.
func (v *view) poll(allowExpunge bool) news {
	var n news
	if v.version == v.mailbox.version {
		return n
	}
	pending := false
	for i := len(v.known) - 1; i >= 0; i-- {
		if !v.known[i].gone {
			continue
		}
		pending = true
		n.expunged = append(n.expunged, uint32(i+1))
	}
	if allowExpunge {
		v.known = slices.DeleteFunc(v.known, func(e entry) bool { return e.gone })
		pending = false
	} else {
		n.expunged = nil
	}
	for i := range v.known {
		e := &v.known[i]
		if !e.gone && e.told != e.version {
			e.told = e.version
			n.flags = append(n.flags, changedFlags{uint32(i + 1), e.uid, e.flags})
		}
	}
	if v.next != v.mailbox.next {
		before := len(v.known)
		v.learn()
		if len(v.known) > before {
			n.exists = uint32(len(v.known))
		}
	}
	if !pending {
		v.version = v.mailbox.version
	}
	return n
}

func (n news) write(w *imapserver.UpdateWriter) error {
	for _, number := range n.expunged {
		if err := w.WriteExpunge(number); err != nil {
			return err
		}
	}
	for _, c := range n.flags {
		if err := w.WriteMessageFlags(c.number, c.uid, c.flags); err != nil {
			return err
		}
	}
	if n.exists > 0 {
		return w.WriteNumMessages(n.exists)
	}
	return nil
}

// target is a message that a command names.
type target struct {
	number uint32
	*entry
}

// targets finds the messages of a set, in ascending order, each once. UIDs of no
// message are passed over (RFC 9051 §6.4.9); so are messages that another
// connection has expunged. A message number beyond the last is the client's
// mistake. The entries are valid until the next poll.
func (v *view) targets(set imap.NumSet) ([]target, error) {
	if imap.IsSearchRes(set) {
		return nil, bad("SEARCHRES is not offered")
	}
	spans, err := v.spans(set)
	if err != nil {
		return nil, err
	}
	var found []target
	next := 0
	for _, s := range spans {
		for i := max(s.from, next); i < s.to; i++ {
			if !v.known[i].gone {
				found = append(found, target{uint32(i + 1), &v.known[i]})
			}
		}
		next = max(next, s.to)
	}
	return found, nil
}

// span is a run of indices of view.known, to excluded.
type span struct{ from, to int }

func (v *view) spans(set imap.NumSet) ([]span, error) {
	var spans []span
	switch set := set.(type) {
	case imap.SeqSet:
		last := uint32(len(v.known))
		for _, r := range set {
			low, high := bounds(r.Start, r.Stop, last)
			if high > last {
				return nil, bad("no such message number")
			}
			if high > 0 {
				spans = append(spans, span{int(max(low, 1)) - 1, int(high)})
			}
		}
	case imap.UIDSet:
		var last imap.UID
		if n := len(v.known); n > 0 {
			last = v.known[n-1].uid
		}
		for _, r := range set {
			low, high := bounds(uint32(r.Start), uint32(r.Stop), uint32(last))
			spans = append(spans, span{v.index(uint64(low)), v.index(uint64(high) + 1)})
		}
	}
	slices.SortFunc(spans, func(x, y span) int { return x.from - y.from })
	return spans, nil
}

// bounds resolves "*", which a range holds as zero, and puts the ends in order:
// "559:*" always holds the last message (RFC 9051 §9, seq-range).
func bounds(start, stop, last uint32) (low, high uint32) {
	if start == 0 {
		start = last
	}
	if stop == 0 {
		stop = last
	}
	return min(start, stop), max(start, stop)
}

// index is that of the first known message whose UID is not below uid.
func (v *view) index(uid uint64) int {
	i, _ := slices.BinarySearchFunc(v.known, uid, func(e entry, uid uint64) int {
		switch {
		case uint64(e.uid) < uid:
			return -1
		case uint64(e.uid) > uid:
			return 1
		}
		return 0
	})
	return i
}

// setFlags changes flags at this client's own wish: unless it missed an earlier
// change, it need not be told of this one.
func (v *view) setFlags(e *entry, flags []imap.Flag) {
	current := e.told == e.version
	v.mailbox.setFlags(e.message, flags)
	if current {
		e.told = e.version
	}
}
