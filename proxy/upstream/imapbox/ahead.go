package imapbox

import (
	"fmt"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// unseen reports whether all messages are to be listed whatever SELECT says, so that they
// may be asked for in its flight: one round trip less. A maildrop's search has its place
// there already, and of several mailboxes most are seldom new.
func (m *Mailbox) unseen(known translate.Listing) bool {
	d := m.req.Maildrop
	return known.UIDValidity == 0 && m.validity == 0 && !d.Mailbox.Several() && d.Search.All() && !m.pool.lessonsOf(*m.req.Upstream).oneByOne()
}

// beCautious has the upstream's mailboxes be listed only when SELECT is answered, after it has
// said nothing to a listing in the flight of SELECT and has answered one that came alone: to
// find that out again would keep each device waiting as long as it did this one.
func (m *Mailbox) beCautious() {
	m.req.Log.Info("the upstream does not answer what is sent behind SELECT in the same flight, so mailboxes that are new are listed with one round trip more", "upstream", m.req.Upstream.Name)
	m.pool.lessonsOf(*m.req.Upstream).beOneByOne()
}

// asAhead has the rows come in the flight of a SELECT; nil for nil. What came behind one that
// was refused is forgotten.
func (r *rows) asAhead() *imap.Ahead {
	if r == nil {
		return nil
	}
	r.ahead = &imap.Ahead{Items: r.items(), Each: r.each, Opened: func(s *imap.Selected) error {
		if s.Messages > maxMessages {
			return fmt.Errorf("%d messages are more than are listed", s.Messages)
		}
		r.expect(int(s.Messages))
		return nil
	}}
	return r.ahead
}
