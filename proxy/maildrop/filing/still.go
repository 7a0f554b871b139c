package filing

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// movedMeanwhile lists mailboxes again where somebody seems to have moved messages between
// them while they were listed. It reports whether one of them has changed.
func (m *settler) movedMeanwhile(ctx context.Context, s *translate.Settlement, keys []map[imap.UID]translate.ContentKey) (moved bool, err error) {
	again, err := m.holdStill(ctx, keys)
	if err != nil {
		return false, err
	}
	lost, err := m.vanished(ctx, s)
	if err != nil {
		return false, err
	}
	if several, ok := m.Mailbox.(backend.Several); ok && lost {
		listed := make([]translate.Listing, len(m.parts))
		for i, p := range m.parts {
			listed[i] = p.Listing
		}
		come, err := several.Arrived(ctx, listed)
		if err != nil {
			return false, err
		}
		for i := range come {
			again[i] = again[i] || come[i]
		}
	}
	for i, p := range m.parts {
		if !again[i] {
			continue
		}
		now, err := p.Mailbox.List(ctx, p.Listing)
		if err != nil {
			return false, err
		}
		gone, added := translate.Difference(p.Listing, now)
		if len(gone)+len(added) == 0 && now.UIDValidity == p.Listing.UIDValidity {
			continue
		}
		moved, p.Listing = true, now
		if p.Known, err = p.Page.Known(ctx, now.UIDValidity); err != nil {
			return false, translate.Refused(err)
		}
	}
	return moved, nil
}

// holdStill says which mailboxes are to be looked at again: those that hold, by what is
// known of them, a message which is new in another one, since it may have gone there; and
// those with a new message of which the server could not say what it is.
func (m *settler) holdStill(ctx context.Context, keys []map[imap.UID]translate.ContentKey) ([]bool, error) {
	suspect := make([]bool, len(m.parts))
	newIn := make(map[translate.ContentKey]int) // which mailbox, or several
	for i, p := range m.parts {
		for _, e := range p.Fresh {
			key, learned := keys[i][e.UID]
			switch in, twice := newIn[key]; {
			case e.Same != 0 || !learned:
			case key == (translate.ContentKey{}):
				suspect[i] = true
			case twice && in != i:
				newIn[key] = several
			default:
				newIn[key] = i
			}
		}
	}
	if len(newIn) == 0 {
		return suspect, nil
	}
	for i, p := range m.parts {
		holds, err := holdsOneOf(ctx, p, i, newIn, keys[i])
		if err != nil {
			return nil, err
		}
		suspect[i] = suspect[i] || holds
	}
	return suspect, nil
}

// several stands for more than one mailbox.
const several = -1

// vanished reports whether a message that devices know has gone from one of the mailboxes,
// is in none of the others, and was not deleted by a device: it may have come into one
// that had been listed by then.
func (m *settler) vanished(ctx context.Context, s *translate.Settlement) (bool, error) {
	for _, p := range m.parts {
		var unknown imap.UIDSet
		gone, _ := translate.Difference(p.Before, p.Listing)
		for _, uid := range gone {
			if id, known := p.Known.UniqueIDs[uid]; !known || !s.Gives(id) {
				unknown.AddNum(uid)
			}
		}
		if len(unknown) == 0 {
			continue
		}
		taken, err := p.Page.Taken(ctx, p.Listing.UIDValidity, unknown)
		if err != nil {
			return false, translate.Refused(err)
		}
		if len(translate.Subtract(unknown, taken)) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// holdsOneOf reports whether the mailbox holds a message that is new in another.
func holdsOneOf(ctx context.Context, m *part.Part, i int, newIn map[translate.ContentKey]int, keys map[imap.UID]translate.ContentKey) (bool, error) {
	identities, err := m.Page.Identities(ctx, nil)
	if err != nil {
		return false, translate.Refused(err)
	}
	for _, e := range m.Listing.Entries {
		key, fresh := keys[e.UID]
		if !fresh {
			key = identities[e.UID].Key
		}
		if in, ok := newIn[key]; ok && in != i {
			return true, nil
		}
	}
	return false, nil
}
