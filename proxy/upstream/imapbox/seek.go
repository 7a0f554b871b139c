package imapbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// beside is the search that goes in the flight of a listing's SELECT: that of the maildrop,
// for a device. nil: there is none.
func (m *Mailbox) beside() *imap.Criteria {
	s := m.req.Maildrop.Search
	if _, needs := s.Needs(); !m.listing || s.All() || m.req.Use != backend.ForPolls || needs != "" && !m.conn.caps.Has(needs) {
		return nil
	}
	var c imap.Criteria
	s.Write(&c, time.Now())
	return &c
}

// Seek gives the messages that a maildrop's search finds (RFC 9051 §6.4.4). It costs
// nothing where they were found in the flight of the listing, or STATUS has said that
// nothing has changed since they were found. A server that refuses the
// search is asked which key it means.
func (m *Mailbox) Seek(ctx context.Context, s translate.Search) (goimap.UIDSet, error) {
	if m.found == nil {
		m.listing = true // where it has to be selected, both go in one flight
		err := m.ready(ctx)
		if m.listing = false; err != nil {
			return nil, err
		}
	}
	if found := m.found; found != nil {
		m.found = nil
		return *found, nil
	}
	if key, needs := s.Needs(); needs != "" && !m.conn.caps.Has(needs) {
		return nil, translate.Permanent(fmt.Errorf("maildrop.%s.search: upstream %q does not know %s, which needs %s", m.req.Maildrop.Name, m.req.Upstream.Name, key, needs))
	}
	uids, err := m.find(ctx, s)
	if err == nil {
		m.keepFound(said(m.conn.selected), uids)
	}
	if !m.refused(err) || passes(err) {
		return uids, refusal(*m.req.Upstream, "searching", err)
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
