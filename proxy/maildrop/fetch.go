package maildrop

import (
	"context"
	"io"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Fetch streams a message into w; see backend.Mailbox.
func (m *Maildrop) Fetch(ctx context.Context, msg translate.Message, w io.Writer) error {
	return m.Mailbox.Fetch(ctx, msg, m.After(msg.Number), w)
}

// FetchTop streams the header, the blank line and a number of lines into w.
func (m *Maildrop) FetchTop(ctx context.Context, msg translate.Message, lines int, w io.Writer) error {
	return m.Mailbox.FetchTop(ctx, msg, lines, m.After(msg.Number), w)
}

// Notice is what stands in the place of a message that was found to be unreadable in
// this session.
func (m *Maildrop) Notice(msg translate.Message) (translate.Notice, bool) {
	n, ok := m.notices[msg.UID]
	return n, ok
}

// Unreadable asks whether a text may stand in the place of a message that could not
// be fetched (maildrop.unreadable), and remembers it for the session. Nothing of the
// message may have left for the device.
func (m *Maildrop) Unreadable(ctx context.Context, msg translate.Message) (translate.Notice, bool) {
	if m.Target.Maildrop.Unreadable != translate.UnreadablePlaceholder {
		return translate.Notice{}, false
	}
	n, ok := m.Mailbox.Unreadable(ctx, msg, m.Messages)
	if ok {
		if m.notices == nil {
			m.notices = make(map[imap.UID]translate.Notice)
		}
		m.notices[msg.UID] = n
	}
	return n, ok
}
