package maildrop

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// maxArrived bounds how many of a mailbox's messages that came during a session are looked
// at: a strayed one is most likely among the last.
const maxArrived = 2000

// arrivals are what comes into the shown mailboxes while a device is logged in. Nothing of
// it is shown in this session; but what the device knows may be among it.
type arrivals struct {
	several backend.Several     // nil: there is a single mailbox, and what is gone from it is gone
	seen    []translate.Listing // by part, as it was last looked at
	come    []translate.Arrived // since the login, without what was found already
}

// arriving gives the session's.
func (m *Maildrop) arriving() *arrivals {
	if m.arrived != nil {
		return m.arrived
	}
	m.arrived = &arrivals{}
	if m.Target.Maildrop.Mailbox.Several() {
		m.arrived.several, _ = m.Mailbox.(backend.Several)
	}
	for _, p := range m.parts {
		m.arrived.seen = append(m.arrived.seen, p.listing)
	}
	return m.arrived
}

// look learns what has come into the mailboxes since it looked last.
func (h *arrivals) look(ctx context.Context, parts []*part) error {
	come, err := h.several.Arrived(ctx, h.seen)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if !come[i] {
			continue
		}
		now, err := p.Mailbox.List(ctx, h.seen[i])
		if err != nil {
			return err
		}
		_, added := translate.Difference(h.seen[i], now)
		h.seen[i] = now
		identities, err := p.identify(ctx, added[max(0, len(added)-maxArrived):])
		if err != nil {
			return err
		}
		for _, e := range added {
			if id, ok := identities[e.UID]; ok {
				h.come = append(h.come, translate.Arrived{Mailbox: i, UID: e.UID, Identity: id})
			}
		}
	}
	return nil
}

// identify says what messages are, but for those that devices do not see.
func (m *part) identify(ctx context.Context, entries []translate.Entry) (map[imap.UID]translate.Identity, error) {
	identities := make(map[imap.UID]translate.Identity, len(entries))
	octets := make(map[imap.UID]int64)
	var unknown imap.UIDSet
	for _, e := range entries {
		switch {
		case !m.Target.Maildrop.Policy().Shows(e.Flags):
		case e.Same != 0:
			identities[e.UID] = translate.Identity{Key: translate.SameKey(e.Same), Octets: e.Size}
		default:
			unknown.AddNum(e.UID)
			octets[e.UID] = e.Size
		}
	}
	err := m.Mailbox.Describe(ctx, unknown, func(d translate.Description) {
		if size, asked := octets[d.UID]; asked && d.Key != (translate.ContentKey{}) {
			identities[d.UID] = translate.Identity{Key: d.Key, Octets: size}
		}
	})
	return identities, err
}
