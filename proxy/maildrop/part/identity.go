package part

import (
	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// PinAlone notes the unique-ids that messages of a mailbox are served under which is shown
// alone, where the maildrop has shown others with it: should it do so again, they are told
// from those that somebody has filed into it.
func (m *Part) PinAlone() error {
	if !m.Known.Several {
		return nil
	}
	s, err := translate.NewSettlement([]translate.Shown{{Listing: m.Listing, Known: m.Known.Known}}, m.Target.Maildrop.Policy())
	if err != nil {
		return translate.Temporary(err)
	}
	m.Facts.Pins = make(map[imap.UID]string)
	for uid, id := range s.Pins()[0] {
		if m.Known.UniqueIDs[uid] != id {
			m.Facts.Pins[uid] = id
		}
	}
	return nil
}

// Identities says what messages are recognised by elsewhere: what the server says of their
// sameness, else their content. What nobody has looked at yet is told by when it was
// received.
func (m *Part) Identities(entries []translate.Entry, keys map[imap.UID]translate.ContentKey) map[imap.UID]translate.Identity {
	identities := make(map[imap.UID]translate.Identity, len(entries))
	for _, e := range entries {
		octets := e.Size
		if _, measured := m.Known.Octets[e.UID]; measured {
			octets = 0 // the listing may hold what RETR has measured in its place
		}
		key := keys[e.UID]
		if e.Same != 0 {
			key = translate.SameKey(e.Same)
		}
		if none := (translate.ContentKey{}); key == none && octets != 0 {
			key = translate.ReceivedKey(e)
		}
		if key != (translate.ContentKey{}) {
			identities[e.UID] = translate.Identity{Key: key, Octets: octets}
		}
	}
	return identities
}
