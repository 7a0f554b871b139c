package maildrop

import (
	"context"
	"net/netip"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/filing"
	"popbridge/proxy/maildrop/part"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Request says what is to be opened: every part of the maildrop has it.
type Request = part.Request

// Maildrop is an open maildrop. It is used by one goroutine, but for Active. The
// frozen view of its messages and their marks is the embedded one's.
type Maildrop struct {
	*translate.Merged
	Request
	page    backend.Page             // the lock; also that of the first mailbox, where it is shown
	parts   []*part.Part             // a part for each mailbox
	notices map[int]translate.Notice // by number, of messages for which a placeholder stands
	arrived *filing.Arrivals         // nil: nothing was missed yet
	out     counter                  // of the message being fetched
	durable bool                     // the ledger outlives the process
}

// Lock gives what takes the lock of a target for a login that has not arrived, as Open would
// for the session; see Request for the other arguments.
func Lock(openPage func(context.Context, backend.PageKey) (backend.Page, error), session string, client netip.Addr, displaced func()) func(context.Context, route.Target, *backend.Arrival) (backend.Page, error) {
	return func(ctx context.Context, t route.Target, arrival *backend.Arrival) (backend.Page, error) {
		key := Request{Target: t, Session: session, Client: client, Displaced: displaced}.Key()
		key.Arrival = arrival
		return openPage(ctx, key)
	}
}

// Open takes the maildrop's lock, lists its mailboxes, and makes a maildrop of them. Its
// error says what the device may be told; then nothing stays open.
func Open(ctx context.Context, r Request) (*Maildrop, error) {
	m := &Maildrop{Request: r}
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Maildrop) open(ctx context.Context) (err error) {
	if m.page = m.Locked; m.page == nil {
		if m.page, err = m.Backend.OpenPage(ctx, m.Key()); err != nil {
			return err
		}
	}
	m.durable = m.page.Durable()
	if err := m.openParts(ctx); err != nil {
		return err
	}
	return m.prepare(ctx)
}

// openParts opens the page of every mailbox that is shown.
func (m *Maildrop) openParts(ctx context.Context) error {
	shown := []backend.Shown{{Name: m.Target.Maildrop.Mailbox.First(), Mailbox: m.Mailbox}}
	first := true
	if several, ok := m.Mailbox.(backend.Several); ok && m.Target.Maildrop.Mailbox.Several() {
		shown, first = several.Shown()
	}
	for i, s := range shown {
		p := &part.Part{Request: &m.Request, Mailbox: s.Mailbox, Page: m.page, Name: s.Name, Beside: i > 0 || !first, Several: m.Target.Maildrop.Mailbox.Several()}
		if p.Beside {
			var err error
			if p.Page, err = m.page.Beside(ctx, s.Name); err != nil {
				return translate.Refused(err)
			}
		}
		m.parts = append(m.parts, p)
	}
	return nil
}

// Active says that the session lives: lock_takeover counts from here.
func (m *Maildrop) Active() {
	if m.page != nil {
		m.page.Active()
	}
}

// Idle lets go of what is held upstream, for a silent device.
func (m *Maildrop) Idle() {
	for _, p := range m.parts {
		p.Mailbox.Rest()
	}
}
