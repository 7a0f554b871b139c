package maildrop

import (
	"context"
	"io"
	"iter"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/filing"
	"popbridge/translate"
)

// Fetch streams a message into w; see backend.Mailbox. One that somebody has filed into
// another of the shown mailboxes since the login is fetched there.
func (m *Maildrop) Fetch(ctx context.Context, msg translate.Message, w io.Writer) error {
	at, err := m.fetch(ctx, msg, w, func(box backend.Mailbox, at translate.Message, next iter.Seq[translate.Message], w io.Writer) error {
		return box.Fetch(ctx, at, next, w)
	})
	if err == nil && at != msg {
		m.parts[at.Mailbox].Drop.ReadElsewhere(at.UID)
	}
	return err
}

// FetchTop streams the header, the blank line and a number of lines into w.
func (m *Maildrop) FetchTop(ctx context.Context, msg translate.Message, lines int, w io.Writer) error {
	_, err := m.fetch(ctx, msg, w, func(box backend.Mailbox, at translate.Message, next iter.Seq[translate.Message], w io.Writer) error {
		return box.FetchTop(ctx, at, lines, next, w)
	})
	return err
}

// refetches is how often a message is fetched that somebody goes on to move while it is
// looked for.
const refetches = 20

// fetcher fetches a message, or its top, from a mailbox.
type fetcher func(box backend.Mailbox, at translate.Message, next iter.Seq[translate.Message], w io.Writer) error

// fetch gives where a message was fetched from.
func (m *Maildrop) fetch(ctx context.Context, msg translate.Message, w io.Writer, from fetcher) (at translate.Message, err error) {
	m.out = counter{w: w}
	counted := &m.out
	defer func() { m.out = counter{} }()
	at, next := msg, m.beside(msg, m.After(msg.Number))
	for range refetches {
		err = from(m.parts[at.Mailbox].Mailbox, at, next, counted)
		if err == nil || counted.octets > 0 || ctx.Err() != nil {
			break
		}
		found, ok := m.arriving().Elsewhere(ctx, m.Merged, msg)
		if !ok {
			break
		}
		at, next = found, none
	}
	return at, err
}

func none(func(translate.Message) bool) {}

// counter counts the octets that have left.
type counter struct {
	w      io.Writer
	octets int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.octets += int64(n)
	return n, err
}

// TakeBack has the answer take back what has not left for the device, and reports whether
// it has: the upstream's connection may be lost within a message, and be made anew.
func (c *counter) TakeBack() bool {
	w, ok := c.w.(interface{ TakeBack() bool })
	if !ok || !w.TakeBack() {
		return false
	}
	c.octets = 0
	return true
}

// beside gives those of some messages that lie in the mailbox of one. A device that
// retrieves in order comes to them in order too, whatever lies between.
func (m *Maildrop) beside(msg translate.Message, others iter.Seq[translate.Message]) iter.Seq[translate.Message] {
	if len(m.parts) == 1 {
		return others
	}
	return func(yield func(translate.Message) bool) {
		for other := range others {
			if other.Mailbox == msg.Mailbox && !yield(other) {
				return
			}
		}
	}
}

// arriving gives what comes into the mailboxes in this session, to be looked at.
func (m *Maildrop) arriving() *filing.Arrivals {
	if m.arrived == nil {
		m.arrived = filing.NewArrivals(&m.Request, m.parts)
	}
	return m.arrived
}

// Notice is what stands in the place of a message that was found to be unreadable in
// this session.
func (m *Maildrop) Notice(msg translate.Message) (translate.Notice, bool) {
	n, ok := m.notices[msg.Number]
	return n, ok
}

// Unreadable asks whether a text may stand in the place of a message that could not
// be fetched (maildrop.unreadable), and remembers it for the session. Nothing of the
// message may have left for the device.
func (m *Maildrop) Unreadable(ctx context.Context, msg translate.Message) (translate.Notice, bool) {
	if m.Target.Maildrop.Unreadable != translate.UnreadablePlaceholder {
		return translate.Notice{}, false
	}
	n, ok := m.parts[msg.Mailbox].Mailbox.Unreadable(ctx, msg, m.beside(msg, m.Messages))
	if ok {
		if m.notices == nil {
			m.notices = make(map[int]translate.Notice)
		}
		m.notices[msg.Number] = n
	}
	return n, ok
}
