package maildrop

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// relooks is how often mailboxes are listed again while somebody moves messages between
// them: one that was listed where it was, and listed again where it went to, would be two,
// and one that came to where it had been listed by then would be missing. Each look costs
// a few round trips, and the next one is most likely the last.
const relooks = 20

// settle gives every message of several mailboxes its unique-id (translate.Settlement).
// Those that have come into one of them are looked for among those that have gone from
// another, in this session or an earlier one.
func (m *Maildrop) settle(ctx context.Context) error {
	for range relooks {
		s, err := m.settlement()
		if err != nil {
			return err
		}
		keys, found, err := m.findLost(ctx, s)
		if err != nil {
			return err
		}
		moved, err := m.movedMeanwhile(ctx, s, keys)
		if err != nil {
			return err
		}
		if moved {
			continue
		}
		if err := m.receive(ctx, found, keys); err != nil {
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
		shown[i].Served = p.servedAlone()
	}
	s, err := translate.NewSettlement(shown, m.Target.Maildrop.Policy())
	if err != nil {
		return nil, translate.Temporary(err)
	}
	return s, nil
}

// servedAlone says which messages of the first mailbox devices may know although no
// unique-id of theirs is pinned: those that were listed before the maildrop showed others
// too. From then on what is served is pinned, see pinAlone.
func (m *part) servedAlone() func(imap.UID) bool {
	if m.known.Several || len(m.known.Formats) == 0 || m.before.UIDValidity != m.listing.UIDValidity {
		return nil
	}
	served := make(map[imap.UID]bool, len(m.before.Entries))
	for _, e := range m.before.Entries {
		served[e.UID] = true
	}
	return func(uid imap.UID) bool { return served[uid] }
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// receive writes down which messages were found again.
func (m *Maildrop) receive(ctx context.Context, found []translate.Found, keys []map[imap.UID]translate.ContentKey) error {
	byPart, uids := make(map[int][]translate.Found), make(map[int][]imap.UID)
	for _, f := range found {
		byPart[f.Mailbox], uids[f.Mailbox] = append(byPart[f.Mailbox], f), append(uids[f.Mailbox], f.New)
	}
	for i, some := range byPart {
		p := m.parts[i]
		facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: p.listing.UIDValidity, Listing: &p.listing}}
		facts.Identities = p.identities(translate.EntriesOf(p.listing, uids[i]), keys[i])
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
		var fresh []translate.Entry
		alone := p.listedAlone()
		for _, e := range p.listing.Entries {
			id := pins[e.UID]
			served := p.known.UniqueIDs[e.UID] == id
			if !served || alone[e.UID] {
				fresh = append(fresh, e)
			}
			if served {
				continue
			}
			if p.facts.Pins == nil {
				p.facts.Pins = make(map[imap.UID]string)
			}
			p.facts.Pins[e.UID] = id
		}
		p.known.UniqueIDs = pins
		p.facts.Identities = nil
		if len(fresh) == 0 {
			continue
		}
		keys, err := p.page.Keys(ctx, p.listing.UIDValidity)
		if err != nil {
			return temporary(err)
		}
		p.facts.Identities = p.identities(fresh, keys)
	}
	return nil
}

// listedAlone are messages that were listed without what tells them elsewhere: while their
// mailbox was shown alone.
func (m *part) listedAlone() map[imap.UID]bool {
	var untold map[imap.UID]bool
	for _, e := range m.before.Entries {
		if e.Received == 0 && e.Same == 0 && m.before.UIDValidity == m.listing.UIDValidity {
			if untold == nil {
				untold = make(map[imap.UID]bool)
			}
			untold[e.UID] = true
		}
	}
	return untold
}

// pinAlone notes the unique-ids that messages of a mailbox are served under which is shown
// alone, where the maildrop has shown others with it: should it do so again, they are told
// from those that somebody has filed into it.
func (m *part) pinAlone() error {
	if !m.known.Several {
		return nil
	}
	s, err := translate.NewSettlement([]translate.Shown{{Listing: m.listing, Known: m.known.Known}}, m.Target.Maildrop.Policy())
	if err != nil {
		return translate.Temporary(err)
	}
	m.facts.Pins = make(map[imap.UID]string)
	for uid, id := range s.Pins()[0] {
		if m.known.UniqueIDs[uid] != id {
			m.facts.Pins[uid] = id
		}
	}
	return nil
}

// identities says what messages are recognised by elsewhere: what the server says of their
// sameness, else their content. What nobody has looked at yet is told by when it was
// received.
func (m *part) identities(entries []translate.Entry, keys map[imap.UID]translate.ContentKey) map[imap.UID]translate.Identity {
	identities := make(map[imap.UID]translate.Identity, len(entries))
	for _, e := range entries {
		octets := e.Size
		if _, measured := m.known.Octets[e.UID]; measured {
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
