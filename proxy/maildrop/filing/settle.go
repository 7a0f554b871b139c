package filing

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// relooks is how often mailboxes are listed again while somebody moves messages between
// them: one that was listed where it was, and listed again where it went to, would be two,
// and one that came to where it had been listed by then would be missing. Each look costs
// a few round trips, and the next one is most likely the last.
const relooks = 20

// settler finds out the unique-ids of a maildrop's messages, while that is opened.
type settler struct {
	part.Request
	page  backend.Page // of the maildrop
	parts []*part.Part
}

// Settle gives every message of several mailboxes its unique-id (translate.Settlement).
// Those that have come into one of them are looked for among those that have gone from
// another, in this session or an earlier one.
func Settle(ctx context.Context, r part.Request, page backend.Page, parts []*part.Part) error {
	m := &settler{Request: r, page: page, parts: parts}
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
func (m *settler) settlement() (*translate.Settlement, error) {
	shown := make([]translate.Shown, len(m.parts))
	for i, p := range m.parts {
		shown[i] = translate.Shown{Name: m.nameOf(p), Listing: p.Listing, Known: p.Known.Known}
		if p.Beside {
			server := p.Mailbox.Server()
			shown[i].Tag = translate.MailboxTag(firstOf(server.MailboxID, p.Name), p.Listing.UIDValidity)
			continue
		}
		shown[i].Served = servedAlone(p)
	}
	s, err := translate.NewSettlement(shown, m.Target.Maildrop.Policy())
	if err != nil {
		return nil, translate.Temporary(err)
	}
	return s, nil
}

// nameOf is a part's mailbox as its page calls it.
func (m *settler) nameOf(p *part.Part) string {
	if p.Beside {
		return p.Name
	}
	return m.Key().Mailbox
}

// servedAlone says which messages of the first mailbox devices may know although no
// unique-id of theirs is pinned: those that were listed before the maildrop showed others
// too. From then on what is served is pinned, see pinAlone.
func servedAlone(m *part.Part) func(imap.UID) bool {
	if m.Known.Several || len(m.Known.Formats) == 0 || m.Before.UIDValidity != m.Listing.UIDValidity {
		return nil
	}
	served := make(map[imap.UID]bool, len(m.Before.Entries))
	for _, e := range m.Before.Entries {
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
func (m *settler) receive(ctx context.Context, found []translate.Found, keys []map[imap.UID]translate.ContentKey) error {
	byPart, uids := make(map[int][]translate.Found), make(map[int][]imap.UID)
	for _, f := range found {
		byPart[f.Mailbox], uids[f.Mailbox] = append(byPart[f.Mailbox], f), append(uids[f.Mailbox], f.New)
	}
	for i, some := range byPart {
		p := m.parts[i]
		facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: p.Listing.UIDValidity, Listing: &p.Listing}}
		facts.Identities = p.Identities(translate.EntriesOf(p.Listing, uids[i]), keys[i])
		facts.Formats = []translate.Span{{From: 1, Format: m.Target.Maildrop.UniqueID}}
		if len(p.Known.Formats) > 0 {
			facts.Formats = p.Known.Formats
		}
		if err := p.Page.Record(ctx, facts); err != nil {
			return translate.Refused(err)
		}
		if err := p.Page.Receive(ctx, p.Listing.UIDValidity, some); err != nil {
			return translate.Refused(err)
		}
		var err error
		if p.Known, err = p.Page.Known(ctx, p.Listing.UIDValidity); err != nil {
			return translate.Refused(err)
		}
		m.Log.Info("messages were found again in another mailbox", "account", m.Target.Account, "mailbox", p.Name, "messages", len(some))
	}
	return nil
}

// takeIDs takes over every message's unique-id, and notes what is to be remembered of
// those that are served for the first time.
func (m *settler) takeIDs(ctx context.Context, s *translate.Settlement) error {
	for i, pins := range s.Pins() {
		p := m.parts[i]
		p.Facts.Pins = nil
		var fresh []translate.Entry
		alone := listedAlone(p)
		for _, e := range p.Listing.Entries {
			id := pins[e.UID]
			served := p.Known.UniqueIDs[e.UID] == id
			if !served || alone[e.UID] {
				fresh = append(fresh, e)
			}
			if served {
				continue
			}
			if p.Facts.Pins == nil {
				p.Facts.Pins = make(map[imap.UID]string)
			}
			p.Facts.Pins[e.UID] = id
		}
		p.Known.UniqueIDs = pins
		p.Facts.Identities = nil
		if len(fresh) == 0 {
			continue
		}
		keys, err := p.Page.Keys(ctx, p.Listing.UIDValidity)
		if err != nil {
			return translate.Refused(err)
		}
		p.Facts.Identities = p.Identities(fresh, keys)
	}
	return nil
}

// listedAlone are messages that were listed without what tells them elsewhere: while their
// mailbox was shown alone.
func listedAlone(m *part.Part) map[imap.UID]bool {
	var untold map[imap.UID]bool
	for _, e := range m.Before.Entries {
		if e.Received == 0 && e.Same == 0 && m.Before.UIDValidity == m.Listing.UIDValidity {
			if untold == nil {
				untold = make(map[imap.UID]bool)
			}
			untold[e.UID] = true
		}
	}
	return untold
}

var errMoving = errors.New("messages are moved between mailboxes faster than they can be listed; the next login may be luckier")
