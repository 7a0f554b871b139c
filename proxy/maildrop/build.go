package maildrop

import (
	"context"
	"fmt"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/filing"
	"popbridge/translate"
)

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
		if err := filing.Settle(ctx, m.Request, m.page, m.parts); err != nil {
			return err
		}
		policy.MaxMessages, policy.Order = 0, translate.OrderUID // of all together
	} else if err := m.parts[0].PinAlone(); err != nil {
		return err
	}
	drops := make([]*translate.Maildrop, len(m.parts))
	for i, p := range m.parts {
		if err := p.Build(ctx, policy, known.NewDevice); err != nil {
			return err
		}
		drops[i] = p.Drop
	}
	m.Merged = translate.MergeMaildrops(m.Target.Maildrop.Policy(), drops...)
	return m.record(ctx)
}

// record writes down what the login has learned. What the device is not shown is counted on
// the maildrop's own page.
func (m *Maildrop) record(ctx context.Context) error {
	leftOut := m.LeftOut()
	for _, p := range m.parts {
		if !p.Beside {
			p.Facts.LeftOut = &leftOut
		}
		if err := p.Page.Login(ctx, p.Facts); err != nil {
			return err
		}
	}
	if len(m.parts) == 0 || m.parts[0].Beside {
		return m.page.Login(ctx, translate.Facts{LeftOut: &leftOut})
	}
	return nil
}

// device says what is known of the device: the maildrop's own page tells, also where its
// first mailbox is not shown.
func (m *Maildrop) device(ctx context.Context) (backend.State, error) {
	if len(m.parts) > 0 && !m.parts[0].Beside {
		return m.parts[0].Known, nil
	}
	known, err := m.page.Known(ctx, 0)
	return known, translate.Refused(err)
}
