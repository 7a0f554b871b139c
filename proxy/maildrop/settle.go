package maildrop

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

const (
	// relooks is how often mailboxes are listed again while somebody moves messages
	// between them: one that was listed where it was, and listed again where it went to,
	// would be two.
	relooks = 3
	// learnAtLogin is how many new messages a login learns the content of, so that they
	// are known wherever somebody files them to. Of more it learns behind the session.
	learnAtLogin = 500
)

// settle gives every message of several mailboxes its unique-id (translate.Settlement).
// Those that have come into one of them are looked for among those that have gone from
// another, in this session or an earlier one.
func (m *Maildrop) settle(ctx context.Context) error {
	for range relooks {
		s, err := m.settlement()
		if err != nil {
			return translate.Temporary(err)
		}
		keys, found, err := m.findLost(ctx, s)
		if err != nil {
			return err
		}
		moved, err := m.movedMeanwhile(ctx, s.Fresh(), keys)
		if err != nil {
			return err
		}
		if moved {
			continue
		}
		if err := m.receive(ctx, found); err != nil {
			return err
		}
		return m.takeIDs(ctx, s)
	}
	return translate.Temporary(errMoving)
}

// settlement begins with what every message is known by.
func (m *Maildrop) settlement() (*translate.Settlement, error) {
	shown := make([]translate.Shown, len(m.parts))
	for i, p := range m.parts {
		shown[i] = translate.Shown{Listing: p.listing, Known: p.known.Known}
		if p.beside {
			server := p.Mailbox.Server()
			shown[i].Tag = translate.MailboxTag(firstOf(server.MailboxID, p.name), p.listing.UIDValidity)
			continue
		}
		if before := p.before; len(p.known.Formats) > 0 && before.UIDValidity == p.listing.UIDValidity {
			served := make(map[imap.UID]bool, len(before.Entries))
			for _, e := range before.Entries {
				served[e.UID] = true
			}
			shown[i].Served = func(uid imap.UID) bool { return served[uid] }
		}
	}
	return translate.NewSettlement(shown, m.Target.Maildrop.Policy())
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// findLost learns what new messages are, and finds those again that were lost elsewhere.
func (m *Maildrop) findLost(ctx context.Context, s *translate.Settlement) (keys []map[imap.UID]translate.ContentKey, found []translate.Found, err error) {
	fresh := s.Fresh()
	count := 0
	for _, entries := range fresh {
		count += len(entries)
	}
	keys = make([]map[imap.UID]translate.ContentKey, len(m.parts))
	if count == 0 {
		return keys, nil, nil
	}
	held := make(map[string]translate.Listing, len(m.parts))
	for _, p := range m.parts {
		held[p.name] = p.listing
	}
	lost, err := m.page.Lost(ctx, held)
	if err != nil {
		return nil, nil, temporary(err)
	}
	for i, p := range m.parts {
		if keys[i], err = p.keysOf(ctx, fresh[i], len(lost) > 0 || count <= learnAtLogin); err != nil {
			return nil, nil, err
		}
	}
	return keys, s.Find(lost, keys), nil
}

// keysOf gives the keys of messages: what the server says of their sameness, else what
// is known or can be learned of their content.
func (m *part) keysOf(ctx context.Context, entries []translate.Entry, learn bool) (map[imap.UID]translate.ContentKey, error) {
	keys := make(map[imap.UID]translate.ContentKey, len(entries))
	var rest []translate.Entry
	for _, e := range entries {
		if e.Same == 0 {
			rest = append(rest, e)
			continue
		}
		keys[e.UID] = translate.SameKey(e.Same)
	}
	if len(rest) == 0 || !learn {
		return keys, nil
	}
	learned, err := m.keys(ctx, m.listing, rest)
	if err != nil {
		return nil, err
	}
	for _, e := range rest {
		keys[e.UID] = learned[e.UID]
	}
	return keys, nil
}

// movedMeanwhile lists mailboxes again that hold, by what is known of them, a message
// which is new in another one. It reports whether one of them has lost any.
func (m *Maildrop) movedMeanwhile(ctx context.Context, fresh [][]translate.Entry, keys []map[imap.UID]translate.ContentKey) (moved bool, err error) {
	wanted := make(map[translate.ContentKey]int)
	for i, entries := range fresh {
		for _, e := range entries {
			if key := keys[i][e.UID]; e.Same == 0 && key != (translate.ContentKey{}) {
				wanted[key] = i
			}
		}
	}
	if len(wanted) == 0 {
		return false, nil
	}
	for i, p := range m.parts {
		suspect, err := p.holdsOneOf(ctx, i, wanted)
		if err != nil {
			return false, err
		}
		if !suspect {
			continue
		}
		now, err := p.Mailbox.List(ctx, p.listing)
		if err != nil {
			return false, err
		}
		gone, _ := translate.Difference(p.listing, now)
		if len(gone) == 0 && now.UIDValidity == p.listing.UIDValidity {
			continue
		}
		moved, p.listing = true, now
		if p.known, err = p.page.Known(ctx, now.UIDValidity); err != nil {
			return false, temporary(err)
		}
	}
	return moved, nil
}

// holdsOneOf reports whether the mailbox holds a message that is new in another.
func (m *part) holdsOneOf(ctx context.Context, i int, wanted map[translate.ContentKey]int) (bool, error) {
	identities, err := m.page.Identities(ctx, nil)
	if err != nil {
		return false, temporary(err)
	}
	for _, e := range m.listing.Entries {
		if in, ok := wanted[identities[e.UID].Key]; ok && in != i {
			return true, nil
		}
	}
	return false, nil
}

// receive writes down which messages were found again.
func (m *Maildrop) receive(ctx context.Context, found []translate.Found) error {
	byPart := make(map[int][]translate.Found)
	for _, f := range found {
		byPart[f.Mailbox] = append(byPart[f.Mailbox], f)
	}
	for i, some := range byPart {
		p := m.parts[i]
		facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: p.listing.UIDValidity, Listing: &p.listing}}
		facts.Formats = []translate.Span{{From: 1, Format: m.Target.Maildrop.UniqueID}}
		if len(p.known.Formats) > 0 {
			facts.Formats = p.known.Formats
		}
		if err := p.page.Record(ctx, facts); err != nil {
			return temporary(err)
		}
		if err := p.page.Receive(ctx, p.listing.UIDValidity, some); err != nil {
			return temporary(err)
		}
		var err error
		if p.known, err = p.page.Known(ctx, p.listing.UIDValidity); err != nil {
			return temporary(err)
		}
		m.Log.Info("messages were found again in another mailbox", "account", m.Target.Account, "mailbox", p.name, "messages", len(some))
	}
	return nil
}

// takeIDs takes over every message's unique-id, and notes what is to be remembered of
// those that are served for the first time.
func (m *Maildrop) takeIDs(ctx context.Context, s *translate.Settlement) error {
	for i, pins := range s.Pins() {
		p := m.parts[i]
		p.facts.Pins = nil
		for uid, id := range pins {
			if p.known.UniqueIDs[uid] != id {
				if p.facts.Pins == nil {
					p.facts.Pins = make(map[imap.UID]string)
				}
				p.facts.Pins[uid] = id
			}
		}
		p.known.UniqueIDs = pins
		p.facts.Identities = nil
		if len(p.facts.Pins) == 0 {
			continue
		}
		keys, err := p.page.Keys(ctx, p.listing.UIDValidity)
		if err != nil {
			return temporary(err)
		}
		for uid := range keys {
			if _, fresh := p.facts.Pins[uid]; !fresh {
				delete(keys, uid)
			}
		}
		p.facts.Identities = p.identities(keys)
	}
	return nil
}

// identities makes of content keys what messages are recognised by elsewhere. What the
// server says of their sameness goes before them.
func (m *part) identities(keys map[imap.UID]translate.ContentKey) map[imap.UID]translate.Identity {
	identities := make(map[imap.UID]translate.Identity, len(keys))
	for _, e := range m.listing.Entries {
		key := keys[e.UID]
		if e.Same != 0 {
			key = translate.SameKey(e.Same)
		}
		if key == (translate.ContentKey{}) {
			continue
		}
		octets := e.Size
		if _, measured := m.known.Octets[e.UID]; measured {
			octets = 0 // the listing may hold what RETR has measured in its place
		}
		identities[e.UID] = translate.Identity{Key: key, Octets: octets}
	}
	return identities
}
