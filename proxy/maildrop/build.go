package maildrop

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// checkPolicy refuses a login where the server could not keep what the maildrop
// promises: better no session than one whose QUIT must fail.
func (m *Maildrop) checkPolicy() error {
	policy, upstream := m.Target.Maildrop, m.Target.Upstream.Name
	for _, u := range policy.Policy().Unsupported(m.Mailbox.Server()) {
		if u.Fatal {
			return translate.Permanent(fmt.Errorf("maildrop %q on upstream %q: %s", policy.Name, upstream, u.Text))
		}
		m.Log.Debug("the upstream lacks something", "upstream", upstream, "maildrop", policy.Name, "lack", u.Text)
	}
	return nil
}

// build makes the maildrop and records what was learned.
func (m *Maildrop) build(ctx context.Context, listing translate.Listing, known backend.State) error {
	if m.KnownDevices && m.Target.Device != "" && !m.Target.NamesDevice && !known.DeviceKnown {
		return translate.BadCredentials(fmt.Errorf(`device %.128q is not known; login.devices is "known": add it with popbridge account device add`, m.Target.Device))
	}
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: listing.UIDValidity, Listing: &listing}}
	spans, added := translate.Spans(known.Formats, m.Target.Maildrop.UniqueID, listing.UIDNext, listing.Entries)
	known.Formats = spans
	tidied, pins := known.Tidy(listing)
	if added || len(tidied) < len(spans) {
		facts.Formats = tidied
	}
	if known.NewDevice {
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
	drop, err := translate.NewMaildrop(listing, known.Known, m.Target.Maildrop.Policy())
	if err != nil {
		return translate.Temporary(err)
	}
	m.Maildrop, m.next = drop, listing.UIDNext
	if facts.Pins = drop.Facts().Pins; facts.Pins == nil {
		facts.Pins = pins
	} else {
		maps.Copy(facts.Pins, pins)
	}
	return m.page.Login(ctx, facts)
}

// firstSight gives what maildrop.first_login keeps from a device that was never
// seen before.
func (m *Maildrop) firstSight(ctx context.Context, listing translate.Listing) (imap.UIDSet, error) {
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
