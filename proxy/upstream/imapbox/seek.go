package imapbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Seek gives the messages that a maildrop's search finds (RFC 9051 §6.4.4). A server that
// refuses it is asked which key it means.
func (m *Mailbox) Seek(ctx context.Context, s translate.Search) (goimap.UIDSet, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	if key, needs := s.Needs(); needs != "" && !m.conn.caps.Has(needs) {
		return nil, translate.Permanent(fmt.Errorf("maildrop.%s.search: upstream %q does not know %s, which needs %s", m.req.Maildrop.Name, m.req.Upstream.Name, key, needs))
	}
	uids, err := m.find(ctx, s)
	if !m.refused(err) || passes(err) {
		return uids, refusal(m.req.Upstream, "searching", err)
	}
	for _, one := range s.Apart() {
		if _, oerr := m.find(ctx, one); m.refused(oerr) {
			s, err = one, oerr
			break
		}
	}
	return nil, translate.Permanent(fmt.Errorf("maildrop.%s.search: upstream %q refuses %s: %w", m.req.Maildrop.Name, m.req.Upstream.Name, s, err))
}

// find asks once.
func (m *Mailbox) find(ctx context.Context, s translate.Search) (uids goimap.UIDSet, err error) {
	var c imap.Criteria
	s.Write(&c, time.Now())
	err = m.conn.insist(ctx, goimap.CapESearch, func() (err error) {
		uids, err = m.conn.wire.SearchFor(ctx, c)
		return err
	})
	return uids, err
}

// passes reports whether a refusal speaks of the server and not of what was asked
// (RFC 5530).
func passes(err error) bool {
	var said *imap.StatusError
	if !errors.As(err, &said) {
		return false
	}
	return slices.Contains([]goimap.ResponseCode{goimap.ResponseCodeUnavailable, goimap.ResponseCodeInUse, goimap.ResponseCodeLimit, goimap.ResponseCodeServerBug}, said.Code)
}
