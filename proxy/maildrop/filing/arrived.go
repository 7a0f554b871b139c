package filing

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// maxArrived bounds how many of a mailbox's messages that came during a session are looked
// at: a strayed one is most likely among the last.
const maxArrived = 2000

// Arrivals are what comes into the shown mailboxes while a device is logged in. Nothing of
// it is shown in this session; but what the device knows may be among it.
type Arrivals struct {
	*part.Request
	parts   []*part.Part
	several backend.Several     // nil: there is a single mailbox, and what is gone from it is gone
	seen    []translate.Listing // by part, as it was last looked at
	come    []translate.Arrived // since the login, without what was found already
}

// NewArrivals is of what comes from now on into the mailboxes of a maildrop that was opened.
func NewArrivals(r *part.Request, parts []*part.Part) *Arrivals {
	a := &Arrivals{Request: r, parts: parts}
	if r.Target.Maildrop.Mailbox.Several() {
		a.several, _ = r.Mailbox.(backend.Several)
	}
	for _, p := range parts {
		a.seen = append(a.seen, p.Listing)
	}
	return a
}

// look learns what has come into the mailboxes since it looked last.
func (a *Arrivals) look(ctx context.Context) error {
	come, err := a.several.Arrived(ctx, a.seen)
	if err != nil {
		return err
	}
	for i, p := range a.parts {
		if !come[i] {
			continue
		}
		now, err := p.Mailbox.List(ctx, a.seen[i])
		if err != nil {
			return err
		}
		_, added := translate.Difference(a.seen[i], now)
		a.seen[i] = now
		identities, err := identify(ctx, p, added[max(0, len(added)-maxArrived):])
		if err != nil {
			return err
		}
		for _, e := range added {
			if id, ok := identities[e.UID]; ok {
				a.come = append(a.come, translate.Arrived{Mailbox: i, UID: e.UID, Identity: id})
			}
		}
	}
	return nil
}

// identify says what messages are, but for those that devices do not see.
func identify(ctx context.Context, m *part.Part, entries []translate.Entry) (map[imap.UID]translate.Identity, error) {
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
