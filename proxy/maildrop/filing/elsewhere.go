package filing

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Elsewhere finds a message that could not be fetched from where it was at the login, if
// it is not there any more: a copy of it in another mailbox, or where somebody has filed it.
func (a *Arrivals) Elsewhere(ctx context.Context, drop *translate.Merged, msg translate.Message) (at translate.Message, ok bool) {
	if a.several == nil {
		return at, false
	}
	if there, err := a.isThere(ctx, msg); err != nil || there {
		return at, false
	}
	for _, at := range drop.Copies(msg.Number)[1:] {
		if there, err := a.isThere(ctx, at); err == nil && there {
			return at, true
		}
	}
	stray := drop.Missing(msg.Number)
	if stray.Known.Key == (translate.ContentKey{}) {
		known, err := a.parts[msg.Mailbox].Page.Identities(ctx, []imap.UID{msg.UID})
		if err != nil {
			a.Log.Warn("a message could not be identified", "error", err)
			return at, false
		}
		stray.Known = known[msg.UID]
	}
	for range relooks {
		found, _, rest := translate.Retrace([]translate.Strayed{stray}, a.come)
		if len(found) == 0 {
			before := len(a.come)
			if err := a.look(ctx); err != nil {
				a.Log.Warn("a message that is no longer where it was could not be looked for", "error", err)
				return at, false
			}
			if len(a.come) == before {
				return at, false
			}
			continue
		}
		at = translate.Message{Number: msg.Number, Mailbox: found[0].At.Mailbox, UID: found[0].At.UID, Octets: msg.Octets}
		switch there, err := a.isThere(ctx, at); {
		case err != nil:
			return at, false
		case there:
			// It stays among what has arrived: QUIT may have to find it too.
			a.Log.Info("a message was filed elsewhere; it is retrieved from there", "account", a.Target.Account, "unique-id", stray.UniqueID,
				"from", a.parts[msg.Mailbox].Name, "to", a.parts[at.Mailbox].Name)
			return at, true
		}
		a.come = rest // it has gone on
	}
	return at, false
}

// isThere asks whether a message is where it was seen.
func (a *Arrivals) isThere(ctx context.Context, at translate.Message) (there bool, err error) {
	err = a.parts[at.Mailbox].Mailbox.Identify(ctx, imap.UIDSetNum(at.UID), func(translate.Description) { there = true })
	return there, err
}
