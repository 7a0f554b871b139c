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
func (m *part) checkPolicy() error {
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
func (m *Maildrop) build(ctx context.Context) error {
	known, err := m.device(ctx)
	if err != nil {
		return err
	}
	if m.KnownDevices && m.Target.Device != "" && !m.Target.NamesDevice && !known.DeviceKnown {
		return translate.BadCredentials(fmt.Errorf(`device %.128q is not known; login.devices is "known": add it with popbridge account device add`, m.Target.Device))
	}
	policy := m.Target.Maildrop.Policy()
	if m.Target.Maildrop.Mailbox.Several() {
		if err := m.settle(ctx); err != nil {
			return err
		}
		policy.MaxMessages, policy.Order = 0, translate.OrderUID // of all together
	} else if err := m.parts[0].pinAlone(); err != nil {
		return err
	}
	drops := make([]*translate.Maildrop, len(m.parts))
	for i, p := range m.parts {
		if err := p.build(ctx, policy, known.NewDevice); err != nil {
			return err
		}
		drops[i] = p.drop
	}
	m.Merged = translate.MergeMaildrops(m.Target.Maildrop.Policy(), drops...)
	for _, p := range m.parts {
		if err := p.page.Login(ctx, p.facts); err != nil {
			return err
		}
	}
	if len(m.parts) == 0 || m.parts[0].beside {
		return m.page.Login(ctx, translate.Facts{})
	}
	return nil
}

// device says what is known of the device: the maildrop's own page tells, also where its
// first mailbox is not shown.
func (m *Maildrop) device(ctx context.Context) (backend.State, error) {
	if len(m.parts) > 0 && !m.parts[0].beside {
		return m.parts[0].known, nil
	}
	known, err := m.page.Known(ctx, 0)
	return known, temporary(err)
}

// build makes the part's view, and notes what its login is to record.
func (m *part) build(ctx context.Context, policy translate.Policy, newDevice bool) error {
	listing, known := m.listing, m.known
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: listing.UIDValidity, Listing: &listing}, Pins: m.facts.Pins, Identities: m.facts.Identities}
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
	m.drop, m.next = drop, listing.UIDNext
	for _, more := range []map[imap.UID]string{drop.Facts().Pins, pins} {
		if facts.Pins == nil {
			facts.Pins = maps.Clone(more)
		} else {
			maps.Copy(facts.Pins, more)
		}
	}
	m.facts = facts
	return nil
}

// firstSight gives what maildrop.first_login keeps from a device that was never
// seen before.
func (m *part) firstSight(ctx context.Context, listing translate.Listing) (imap.UIDSet, error) {
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
