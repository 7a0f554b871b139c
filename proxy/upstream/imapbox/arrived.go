package imapbox

import (
	"context"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Arrived asks for the STATUS of all mailboxes that the session shows, in the flight that
// has the server say what has come into the selected one: STATUS of that may be old news
// (RFC 9051 §6.3.11).
func (m *Mailbox) Arrived(ctx context.Context, listed []translate.Listing) (arrived []bool, err error) {
	for range upstream.Attempts {
		if arrived, err = m.arrived(ctx, listed); err == nil || !m.lost() || ctx.Err() != nil {
			break
		}
	}
	return arrived, refusal(*m.req.Upstream, "asking what has come", err)
}

func (m *Mailbox) arrived(ctx context.Context, listed []translate.Listing) ([]bool, error) {
	if m.user != nil {
		m.user.stopPrefetch(ctx)
	}
	if err := m.alive(ctx); err != nil {
		return nil, err
	}
	var names []string
	var at []int
	arrived := make([]bool, len(listed))
	selected := -1
	for i, shown := range m.named() {
		if m.conn.selected != nil && shown.name == m.conn.name {
			selected = i
			continue
		}
		names, at = append(names, shown.name), append(at, i)
	}
	_, told, err := m.conn.wire.Survey(ctx, imap.SurveyOptions{Noop: true}, names)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		arrived[i] = told[n] == nil || cameAfter(listed[i], told[n].UIDValidity, told[n].UIDNext)
	}
	if selected >= 0 {
		s := m.conn.selected
		arrived[selected] = m.conn.wire.Changes().Arrived > 0 || cameAfter(listed[selected], s.UIDValidity, s.UIDNext)
	}
	return arrived, nil
}

// cameAfter reports whether a mailbox may hold messages that a listing does not.
func cameAfter(l translate.Listing, validity uint32, next goimap.UID) bool {
	return l.UIDValidity != validity || l.UIDNext == 0 || next == 0 || next > l.UIDNext
}
