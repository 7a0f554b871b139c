package part

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// CheckPolicy refuses a login where the server could not keep what the maildrop
// promises: better no session than one whose QUIT must fail.
func (m *Part) CheckPolicy() error {
	policy, upstream := m.Target.Maildrop, m.Target.Upstream.Name
	for _, u := range policy.Policy().Unsupported(m.Mailbox.Server()) {
		if u.Fatal {
			return translate.Permanent(fmt.Errorf("maildrop %q on upstream %q: %s", policy.Name, upstream, u.Text))
		}
		m.Log.Debug("the upstream lacks something", "upstream", upstream, "maildrop", policy.Name, "lack", u.Text)
	}
	return nil
}

// Build makes the part's view, and notes what its login is to record.
func (m *Part) Build(ctx context.Context, policy translate.Policy, newDevice bool) error {
	listing, known := m.Listing, m.Known
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: listing.UIDValidity, Listing: &listing}, Pins: m.Facts.Pins, Identities: m.Facts.Identities}
	spans, added := translate.Spans(known.Formats, m.Target.Maildrop.UniqueID, listing.UIDNext, listing.Entries)
	known.Formats = spans
	tidied, pins := known.Tidy(listing)
	if added || len(tidied) < len(spans) {
		facts.Formats = tidied
	}
	if newDevice {
		unwanted, err := m.firstSight(ctx, listing)
		if err != nil {
			return err
		}
		facts.Hide = unwanted
		known.Hide(unwanted)
	}
	if days := int(m.Target.Maildrop.Visible); days > 0 {
		recent, err := m.Mailbox.Since(ctx, daysAgo(days))
		if err != nil {
			return err
		}
		known.Recent = &recent
	}
	if search := m.Target.Maildrop.Search; !search.All() {
		found, err := m.Mailbox.Seek(ctx, search)
		if err != nil {
			return err
		}
		known.Found = &found
	}
	drop, err := translate.NewMaildrop(listing, known.Known, policy)
	if err != nil {
		return translate.Temporary(err)
	}
	m.Drop, m.next = drop, listing.UIDNext
	settled := drop.Facts().Pins
	m.tellApart(settled)
	for _, more := range []map[imap.UID]string{settled, pins} {
		if facts.Pins == nil {
			facts.Pins = maps.Clone(more)
		} else {
			maps.Copy(facts.Pins, more)
		}
	}
	m.Facts = facts
	return nil
}

// tellApart tells an operator which messages a device downloads again, because their
// unique-id was another one's too.
func (m *Part) tellApart(pins map[imap.UID]string) {
	var apart imap.UIDSet
	for uid := range pins {
		if _, known := m.Known.UniqueIDs[uid]; known {
			apart.AddNum(uid)
		}
	}
	if len(apart) > 0 {
		m.Log.Warn("messages have a unique-id that another message has; they get one of their own, and devices may download them again",
			"account", m.Target.Account, "upstream", m.Target.Upstream.Name, "mailbox", m.Name, "uids", apart.String())
	}
}

// firstSight gives what maildrop.first_login keeps from a device that was never
// seen before.
func (m *Part) firstSight(ctx context.Context, listing translate.Listing) (imap.UIDSet, error) {
	first := m.Target.Maildrop.FirstLogin
	switch {
	case first.New:
		return translate.Without(listing.Entries, nil), nil
	case first.Days > 0:
		recent, err := m.Mailbox.Since(ctx, daysAgo(int(first.Days)))
		if err != nil {
			return nil, err
		}
		return translate.Without(listing.Entries, recent), nil
	}
	return nil, nil
}

func daysAgo(n int) time.Time { return time.Now().AddDate(0, 0, -n) }
