package imapbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// steadyLooks is how often a mailbox is listed while others remove messages. Such
// a listing is of two states: what somebody has struck out and then removed, after
// SELECT has counted it, has no flag that a search still finds, and a device would
// be shown what it knows to be gone.
const steadyLooks = 3

// List gives what the mailbox holds, asking only for what is not known. A parked
// connection whose server has told of no change is not even asked, where it saw
// what is known. Where it saw anything else, one of the two is older: a message
// that came and went again between two NOOPs is never told of, and an answer may
// have been long on its way. So it is asked now.
func (m *Mailbox) List(ctx context.Context, known translate.Listing) (translate.Listing, error) {
	var l translate.Listing
	var err error
	// What was found belongs to the listing that it was found with.
	m.found, m.listing = nil, true
	defer func() { m.listing = false }()
	bold, deaf := m.unseen(known), false
	for range upstream.Attempts {
		if l, err = m.list(ctx, known, bold); err == nil || !m.lost() || ctx.Err() != nil {
			break
		}
		deaf = deaf || bold && errors.Is(err, os.ErrDeadlineExceeded)
		bold = false
	}
	if deaf && err == nil {
		m.beCautious()
	}
	if errors.As(err, new(hungUp)) {
		l, err = m.listParts(ctx, known, err)
	}
	l.Revision = known.Revision
	return l, refusal(*m.req.Upstream, "listing the mailbox", err)
}

// list lists the mailbox on the connection that there is. bold is to ask for all messages in
// the flight of SELECT.
func (m *Mailbox) list(ctx context.Context, known translate.Listing, bold bool) (translate.Listing, error) {
	if err := m.alive(ctx); err != nil {
		return translate.Listing{}, err
	}
	if m.selected() && m.conn.current() && known.Shows(m.conn.listing) {
		if err := m.accept(m.conn.selected); err != nil {
			return translate.Listing{}, err
		}
		if m.holds(known, m.conn.selected, m.conn.wire.Changes().Exists) {
			m.conn.listing = known // the next one that is known shares its entries, most likely
			return known, nil
		}
	}
	if proved, err := m.proved(known); proved || err != nil {
		return known, err
	}
	hint := m.hint
	if m.unchanged(known) {
		return known, nil
	}
	var l translate.Listing
	var err error
	var asked *connection
	for look := range steadyLooks {
		var sight *rows
		if bold && look == 0 {
			sight = m.newRows(1, 0)
		}
		if err := m.selectWith(ctx, sight.asAhead()); err != nil {
			return translate.Listing{}, err
		}
		asked = m.conn
		l, err = m.ask(ctx, known, said(asked.selected), sight)
		if err != nil || m.lost() || m.conn.wire.Changes().Expunged == 0 {
			break
		}
	}
	if err == nil {
		l, err = m.tell(ctx, l)
	}
	if err == nil && m.req.Maildrop.Mailbox.Several() && asked.selected != nil && asked.selected.UIDNext == 0 {
		l.UIDNext = atLeast(l, known, hint)
	}
	if err == nil && m.conn == asked && !m.lost() {
		// Of what was asked for on several connections none has told all changes.
		m.conn.listing, m.conn.listed, m.conn.expungesSeen = l, true, m.conn.wire.Changes().Expunged
	}
	return l, err
}

// holds reports whether what is known of a mailbox that has not changed since it was
// selected needs no other listing. One that fell short is asked for again each time.
func (m *Mailbox) holds(known translate.Listing, s *imap.Selected, exists uint32) bool {
	if m.unsupported() || m.gmail() && withoutIDs(known) || len(known.LeftOut()) > 0 || translate.Short(known.Entries, said(s), exists) || m.untold(known) {
		return false
	}
	m.tally.Add(upstream.ListingsAvoided, 1)
	return true
}

// unsupported reports whether the mailbox, as it was when it was selected, cannot
// keep what the policy promises. The login is refused then, so whether it still
// is so is worth asking: a parked connection would refuse for as long as it lives.
func (m *Mailbox) unsupported() bool {
	return slices.ContainsFunc(m.req.Maildrop.Policy().Unsupported(m.server), func(u translate.Unsupported) bool { return u.Fatal })
}

func said(s *imap.Selected) translate.Selected {
	return translate.Selected{Messages: s.Messages, UIDValidity: s.UIDValidity, UIDNext: s.UIDNext, HighestModSeq: s.HighestModSeq}
}

// ask asks for what is not known; sight is what has come of all messages already, nil for
// nothing.
func (m *Mailbox) ask(ctx context.Context, known translate.Listing, now translate.Selected, sight *rows) (translate.Listing, error) {
	if known.UIDValidity == 0 || m.gmail() && withoutIDs(known) {
		return m.listAll(ctx, translate.Listing{}, now, sight)
	}
	l, certain, err := m.relist(ctx, known, now)
	if err == nil && !certain {
		return m.listAll(ctx, known, now, nil)
	}
	return l, err
}

// relist asks for the difference to what is known. It is not certain where the
// answers contradict each other.
func (m *Mailbox) relist(ctx context.Context, known translate.Listing, now translate.Selected) (l translate.Listing, certain bool, err error) {
	ask := translate.NewRelist(known, now)
	if ask.Full {
		return l, false, nil
	}
	how := upstream.ListingsAvoided
	if ask.From != 0 || ask.Gone || ask.Flags {
		how = upstream.ListingsChanged
	}
	r := m.newRows(ask.From, 0)
	if ask.From != 0 {
		err = m.endedOver(ctx, r.ask(ctx, m.conn))
		if m.refused(err) || err == nil && len(r.torn) > 0 {
			m.tally.Add(how, 1)
			l, err = m.census(ctx, known, r, err)
			return l, true, err
		}
		if err != nil {
			return l, false, err
		}
	}
	l, certain = translate.Merge(known, now, r.full, nil)
	if ask.Gone || !certain {
		how = upstream.ListingsChanged
		left, err := m.conn.search(ctx, "ALL")
		if m.refused(err) {
			return l, false, nil // each message can be asked for
		}
		if err != nil {
			return l, false, err
		}
		if l, certain = translate.Merge(known, now, r.full, translate.Member(left)); !certain {
			return l, false, nil
		}
	}
	if ask.Flags {
		if l, err = m.reflag(ctx, l); err != nil {
			return l, false, err
		}
	}
	m.tally.Add(how, 1)
	l, err = m.remind(ctx, l)
	return l, true, err
}

// listAll asks for every message. known is what the server's word is held against
// where it contradicts itself.
func (m *Mailbox) listAll(ctx context.Context, known translate.Listing, now translate.Selected, r *rows) (translate.Listing, error) {
	l := translate.Listing{UIDValidity: now.UIDValidity, UIDNext: now.UIDNext, HighestModSeq: now.HighestModSeq}
	if r == nil {
		r = m.newRows(1, int(now.Messages))
	}
	if now.Messages == 0 {
		if len(known.Entries) > 0 && known.UIDValidity == now.UIDValidity {
			return m.census(ctx, known, r, nil)
		}
		m.tally.Add(upstream.ListingsAvoided, 1)
		return l, nil
	}
	err := m.endedOver(ctx, r.ask(ctx, m.conn))
	if err == nil || m.refused(err) {
		m.tally.Add(upstream.ListingsFull, 1)
	}
	if m.refused(err) || err == nil && (len(r.torn) > 0 || translate.Short(r.full, now, m.conn.wire.Changes().Exists)) {
		return m.census(ctx, known, r, err)
	}
	l.Entries = translate.Below(r.full, now.UIDNext)
	return l, err
}

func (m *Mailbox) gmail() bool {
	return m.req.Maildrop.UniqueID.NeedsGmailID() && m.conn.caps.Has("X-GM-EXT-1")
}

// withoutIDs reports whether a listing was made for a format that does not need
// X-GM-MSGID, at least in part.
func withoutIDs(l translate.Listing) bool {
	return slices.ContainsFunc(l.Entries, func(e translate.Entry) bool { return e.UniqueID == "" })
}

// checkGmail refuses a unique-id format that the server cannot serve.
func (m *Mailbox) checkGmail() error {
	if m.req.Maildrop.UniqueID.NeedsGmailID() && !m.gmail() {
		return translate.Permanent(fmt.Errorf(`upstream %q has no X-GM-MSGID, which unique_id = "gmail" needs`, m.req.Upstream.Name))
	}
	return nil
}
