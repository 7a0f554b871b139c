package imapbox

import (
	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// keptKey is a mailbox of an account.
type keptKey struct {
	nameKey
	mailbox string
}

// keeps is what SELECT said of a mailbox that STATUS does not say: whether it can keep
// what a policy promises. A mailbox whose rights were taken away since is found by the
// first op that the server refuses.
type keeps struct {
	readOnly bool
	flags    []goimap.Flag // nil: it did not say
	id       string        // MAILBOXID
}

func (m *Mailbox) keptKey() keptKey {
	return keptKey{nameKey{m.req.Upstream.Name, m.req.Account}, m.name}
}

// remember keeps what SELECT has said, where mailboxes share a connection: a later login
// need not select each.
func (m *Mailbox) remember(id string) {
	m.server.MailboxID = id
	if !m.req.Maildrop.Mailbox.Several() {
		return
	}
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if len(m.pool.kept) >= maxNames {
		clear(m.pool.kept)
	}
	m.pool.kept[m.keptKey()] = keeps{m.server.ReadOnly, m.server.PermanentFlags, id}
}

// unchanged reports whether STATUS has proved that a mailbox holds what is known of it,
// flags included (RFC 7162 §3.1.2.1) or looked at beside it, so that it need not be
// selected.
func (m *Mailbox) unchanged(known translate.Listing) bool {
	h := m.hint
	if m.hint = nil; h == nil || known.UIDValidity == 0 || m.validity != 0 {
		return false
	}
	now := translate.Selected{Messages: h.Messages, UIDValidity: h.UIDValidity, UIDNext: h.UIDNext, HighestModSeq: h.HighestModSeq}
	relist := translate.NewRelist(known, now)
	if relist.Flags && m.sameFlags(known, h.Visited) {
		relist.Flags = false
	}
	if relist != (translate.Relist{}) || int(h.Messages) != len(known.Entries) || len(known.LeftOut()) > 0 || m.untold(known) {
		return false
	}
	m.pool.mu.Lock()
	k, ok := m.pool.kept[m.keptKey()]
	m.pool.mu.Unlock()
	if !ok {
		return false
	}
	m.server.Caps, m.server.ReadOnly, m.server.PermanentFlags, m.server.MailboxID = m.conn.caps, k.readOnly, k.flags, k.id
	if m.unsupported() {
		return false
	}
	m.validity, m.next = h.UIDValidity, h.UIDNext
	m.found = m.keptFound(now)
	m.settleIn(known, h.Visited)
	m.tally.Add(upstream.ListingsAvoided, 1)
	return true
}
