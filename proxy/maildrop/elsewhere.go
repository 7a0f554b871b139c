package maildrop

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// elsewhere finds a message that could not be fetched from where it was at the login, if
// it is not there any more: a copy of it in another mailbox, or where somebody has filed it.
func (m *Maildrop) elsewhere(ctx context.Context, msg translate.Message) (at translate.Message, ok bool) {
	arrivals := m.arriving()
	if arrivals.several == nil {
		return at, false
	}
	if there, err := m.isThere(ctx, msg); err != nil || there {
		return at, false
	}
	for _, at := range m.Copies(msg.Number)[1:] {
		if there, err := m.isThere(ctx, at); err == nil && there {
			return at, true
		}
	}
	stray := m.Missing(msg.Number)
	if stray.Known.Key == (translate.ContentKey{}) {
		known, err := m.parts[msg.Mailbox].page.Identities(ctx, []imap.UID{msg.UID})
		if err != nil {
			m.Log.Warn("it could not be read what a message is", "error", err)
			return at, false
		}
		stray.Known = known[msg.UID]
	}
	for range relooks {
		found, _, rest := translate.Retrace([]translate.Strayed{stray}, arrivals.come)
		if len(found) == 0 {
			before := len(arrivals.come)
			if err := arrivals.look(ctx, m.parts); err != nil {
				m.Log.Warn("a message that is not where it was could not be looked for", "error", err)
				return at, false
			}
			if len(arrivals.come) == before {
				return at, false
			}
			continue
		}
		at = translate.Message{Number: msg.Number, Mailbox: found[0].At.Mailbox, UID: found[0].At.UID, Octets: msg.Octets}
		switch there, err := m.isThere(ctx, at); {
		case err != nil:
			return at, false
		case there:
			// It stays among what has arrived: QUIT may have to find it too.
			m.Log.Info("a message was filed elsewhere; it is retrieved from there", "account", m.Target.Account, "unique-id", stray.UniqueID,
				"from", m.parts[msg.Mailbox].name, "to", m.parts[at.Mailbox].name)
			return at, true
		}
		arrivals.come = rest // it has gone on
	}
	return at, false
}

// isThere asks whether a message is where it was seen.
func (m *Maildrop) isThere(ctx context.Context, at translate.Message) (there bool, err error) {
	err = m.parts[at.Mailbox].Mailbox.Identify(ctx, imap.UIDSetNum(at.UID), func(translate.Description) { there = true })
	return there, err
}
