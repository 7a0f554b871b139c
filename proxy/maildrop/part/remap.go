package part

import (
	"context"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// remapUIDs finds messages again that are there under other UIDs than a device
// knows them by: after a new UIDVALIDITY, a change of upstream, or on servers
// that give a message a new UID. It reports whether anything was linked.
func (m *Part) remapUIDs(ctx context.Context, before, now translate.Listing, known backend.State) (bool, error) {
	var origin *translate.PreviousMailbox
	if !known.Bound {
		var err error
		if origin, err = m.Page.Previous(ctx, now.UIDValidity); err != nil {
			return false, translate.Refused(err)
		}
	}
	switch {
	case origin != nil && m.Beside:
		return true, m.adoptPairs(ctx, *origin, now)
	case origin != nil:
		return true, m.adopt(ctx, *origin, now, known)
	case now.Assigned, m.Several:
		// An old server's messages are what their unique-ids say. Those of several
		// mailboxes are looked for in all of them, see settle.
		return false, nil
	}
	gone, added := translate.Difference(before, now)
	if len(gone) == 0 || len(added) == 0 {
		return false, nil
	}
	old, err := m.Page.Gone(ctx, gone)
	if err != nil || len(old) == 0 {
		return false, translate.Refused(err)
	}
	keys, err := m.Keys(ctx, now, added)
	if err != nil {
		return false, err
	}
	links := translate.Relink(old, translate.Unlink(added, keys))
	if len(links) == 0 {
		return false, nil
	}
	m.Log.Info("messages were found again under new UIDs", "account", m.Target.Account, "messages", len(links))
	return true, translate.Refused(m.Page.Relink(ctx, now.UIDValidity, links, known.Formats))
}

// adoptPairs gives messages of another mailbox than the first what a match has found out:
// on the server that the account comes from they lay in the one that there was.
func (m *Part) adoptPairs(ctx context.Context, origin translate.PreviousMailbox, now translate.Listing) error {
	if err := m.Page.Record(ctx, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: now.UIDValidity, Listing: &now}}); err != nil {
		return translate.Refused(err)
	}
	links, old, _ := origin.Given(now.Entries)
	if err := m.leave(ctx, old, links); err != nil {
		return err
	}
	m.place(origin, links)
	return translate.Refused(m.Page.Relink(ctx, now.UIDValidity, links, []translate.Span{{From: 1, Format: m.Target.Maildrop.UniqueID}}))
}

// adopt makes a mailbox with a new identity this maildrop's own. What a match or the
// server's own unique-ids do not tell is looked for by its content.
func (m *Part) adopt(ctx context.Context, origin translate.PreviousMailbox, now translate.Listing, known backend.State) error {
	if err := m.Page.Record(ctx, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: now.UIDValidity, Listing: &now}}); err != nil {
		return translate.Refused(err)
	}
	links, old, fresh := origin.Given(now.Entries)
	var keys map[imap.UID]translate.ContentKey
	if len(old) > 0 && len(fresh) > 0 && !now.Assigned {
		var err error
		if keys, err = m.Keys(ctx, now, fresh); err != nil {
			return err
		}
		links = append(links, translate.Relink(old, translate.Unlink(fresh, keys))...)
	}
	remembered, untold := len(origin.Messages), translate.Untold(old, translate.Unlink(fresh, keys), links)
	// What a move has matched may lie in the other mailboxes, and this one be empty.
	if prepared := m.Several && origin.Moved && origin.Pairs != nil; !prepared {
		if err := m.freeze(ctx, now, remembered, untold, known); err != nil {
			return err
		}
	}
	level := hclog.Warn
	if (origin.Pairs != nil || now.Assigned) && (len(links) > 0 || len(now.Entries) == 0) {
		level = hclog.Info // an operator has prepared the move, or takes the account back
	}
	m.Log.Log(level, newIdentity(len(links), len(now.Entries)), "account", m.Target.Account, "upstream", m.Target.Upstream.Name,
		"uidvalidity", now.UIDValidity, "remembered", remembered, "recognised", len(links), "unknown", untold, "messages", len(now.Entries))
	if err := m.leave(ctx, old, links); err != nil {
		return err
	}
	m.place(origin, links)
	spans := []translate.Span{{From: 1, Format: m.Target.Maildrop.UniqueID}}
	return translate.Refused(m.Page.Relink(ctx, now.UIDValidity, links, spans))
}

// place has messages that come from the one mailbox of another server keep their order
// where they lie in several now. Those that come from several are ordered as they were.
func (m *Part) place(origin translate.PreviousMailbox, links []translate.Link) {
	if m.Several && origin.Moved {
		origin.Place(links)
	}
}

// leave keeps messages that no link is of where the other mailboxes find them: they may lie
// there now.
func (m *Part) leave(ctx context.Context, old []translate.Remembered, links []translate.Link) error {
	if !m.Several {
		return nil
	}
	linked := make(map[imap.UID]bool, len(links))
	for _, l := range links {
		linked[l.Old] = true
	}
	var left []translate.Remembered
	for _, r := range old {
		if !linked[r.UID] {
			left = append(left, r)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return translate.Refused(m.Page.Leave(ctx, left))
}

// newIdentity says what a mailbox under another identity turned out to be.
func newIdentity(recognised, messages int) string {
	const is = "the mailbox has got a new identity"
	switch {
	case messages == 0:
		return is + ", and it is empty"
	case recognised == 0:
		return is + ", and none of its messages is known: it is served as a new one"
	case recognised < messages:
		return is + "; messages keep their unique-ids, but for those that are not known"
	}
	return is + "; messages keep their unique-ids"
}
