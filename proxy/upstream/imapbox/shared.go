package imapbox

import (
	"context"
	"io"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
)

// shared is the connection that the mailboxes of one session share, with the one of them
// that it works for now. A Mailbox alone has one for itself.
type shared struct {
	conn  *connection // nil or broken: the next use gets another
	user  *Mailbox
	boxes []*Mailbox
	last  int // the message that was fetched last, by its number in the maildrop
	run   int // how many were fetched in the maildrop's order

	undecided bool // one message was fetched, with others after it, and it is not known whether the device goes on
}

// inOrder counts a message, and gives how many were fetched in the order of the maildrop,
// whichever mailboxes they lie in: a device that comes to another mailbox goes on as it
// has begun.
func (s *shared) inOrder(number int) int {
	if number == s.last+1 && s.last > 0 {
		s.run++
	} else if number != s.last {
		s.run = 0
	}
	s.last = number
	return s.run
}

// claim makes the connection this mailbox's. What was read ahead for another is taken out
// of the connection and kept: its device comes back for it.
func (m *Mailbox) claim(ctx context.Context) {
	if m.user != m && m.user != nil {
		m.user.setAside(ctx)
	}
	m.user = m
}

// body is a message on its way, or kept.
type body interface {
	CopyTo(ctx context.Context, w io.Writer) (int64, error)
	Discard(ctx context.Context) error
	Drop()
}

// kept is a body that was read ahead and came whole before its device asked for it. Its
// octets are reserved in the process's budget, as those in flight are.
type kept []byte

// CopyTo writes it.
func (k kept) CopyTo(_ context.Context, w io.Writer) (int64, error) {
	n, err := w.Write(k)
	if err != nil {
		err = &imap.WriterError{Err: err}
	}
	return int64(n), err
}

// Discard does nothing: it is not on the wire.
func (kept) Discard(context.Context) error { return nil }

// Drop does nothing.
func (kept) Drop() {}

// setAside reads what is in flight, and keeps what came whole. The rest is asked for alone
// when its device comes to it.
func (m *Mailbox) setAside(ctx context.Context) {
	p := &m.prefetch
	for _, f := range p.inFlight {
		b := keeper{most: f.octets}
		if m.lost() {
			m.giveBack(f.octets)
			continue
		}
		if _, err := f.body.CopyTo(ctx, &b); err != nil || b.over {
			m.giveBack(f.octets)
			continue
		}
		f.body = kept(b.octets)
		p.kept = append(p.kept, f)
	}
	p.inFlight = nil
}

// keeper holds no more than was reserved: a server may send more than it has said.
type keeper struct {
	octets []byte
	most   int64
	over   bool
}

// Write takes everything, and keeps what there is room for.
func (k *keeper) Write(b []byte) (int, error) {
	if k.over = k.over || int64(len(k.octets)+len(b)) > k.most; k.over {
		k.octets = nil
		return len(b), nil
	}
	k.octets = append(k.octets, b...)
	return len(b), nil
}

// takeKept takes a message out of what is kept.
func (m *Mailbox) takeKept(uid goimap.UID, section imap.Section) body {
	for i, f := range m.prefetch.kept {
		if f.uid == uid && f.section == section {
			m.prefetch.kept = append(m.prefetch.kept[:i:i], m.prefetch.kept[i+1:]...)
			m.giveBack(f.octets)
			return f.body
		}
	}
	return nil
}

// releaseKept forgets what is kept.
func (m *Mailbox) releaseKept() {
	for _, f := range m.prefetch.kept {
		m.giveBack(f.octets)
	}
	m.prefetch.kept = nil
}

// share is how much of what may be read ahead each mailbox of the session has.
func (m *Mailbox) share() int64 {
	const least = 64 << 10
	all := int64(m.req.Maildrop.Prefetch)
	return min(all, max(least, all/int64(len(m.boxes))))
}
