package maildrop

import (
	"context"
	"io"
	"iter"

	"popbridge/translate"
)

// Fetch streams a message into w; see backend.Mailbox.
func (m *Maildrop) Fetch(ctx context.Context, msg translate.Message, w io.Writer) error {
	return m.parts[msg.Mailbox].Mailbox.Fetch(ctx, msg, m.beside(msg, m.After(msg.Number)), w)
}

// FetchTop streams the header, the blank line and a number of lines into w.
func (m *Maildrop) FetchTop(ctx context.Context, msg translate.Message, lines int, w io.Writer) error {
	return m.parts[msg.Mailbox].Mailbox.FetchTop(ctx, msg, lines, m.beside(msg, m.After(msg.Number)), w)
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

// Notice is what stands in the place of a message that was found to be unreadable in
// this session.
func (m *Maildrop) Notice(msg translate.Message) (translate.Notice, bool) {
	n, ok := m.notices[place{msg.Mailbox, msg.UID}]
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
			m.notices = make(map[place]translate.Notice)
		}
		m.notices[place{msg.Mailbox, msg.UID}] = n
	}
	return n, ok
}
