package maildrop

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

const (
	// describeBatch is how many messages are described between two records, so
	// that what a login has learned is not lost when its time is over.
	describeBatch = 2000
	// remapReserve is what has to be left of a login's time to finish it.
	remapReserve = 5 * time.Second
)

// keys learns the content keys of messages, batch by batch, as long as the
// login has time.
func (m *part) keys(ctx context.Context, now translate.Listing, entries []translate.Entry) (map[imap.UID]translate.ContentKey, error) {
	if err := m.page.Record(ctx, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: now.UIDValidity, Listing: &now}}); err != nil {
		return nil, temporary(err)
	}
	have, err := m.page.Keys(ctx, now.UIDValidity)
	if err != nil {
		return nil, temporary(err)
	}
	var wanted []imap.UID
	for _, e := range entries {
		if _, ok := have[e.UID]; !ok {
			wanted = append(wanted, e.UID)
		}
	}
	for len(wanted) > 0 {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < remapReserve {
			return nil, translate.Temporary(errRemapping)
		}
		batch := wanted[:min(describeBatch, len(wanted))]
		wanted = wanted[len(batch):]
		learned, err := m.learn(ctx, now.UIDValidity, batch)
		if err != nil {
			return nil, err
		}
		for uid, key := range learned {
			have[uid] = key
		}
	}
	return have, nil
}

// learn asks for the content keys of some messages and records them, those too
// that came before an error.
func (m *part) learn(ctx context.Context, validity uint32, uids []imap.UID) (map[imap.UID]translate.ContentKey, error) {
	keys := make(map[imap.UID]translate.ContentKey, len(uids))
	prints := make(map[imap.UID]translate.Print)
	var set imap.UIDSet
	set.AddNum(uids...)
	err := m.Mailbox.Describe(ctx, set, func(d translate.Description) {
		keys[d.UID] = d.Key
		if d.Print != (translate.Print{}) {
			prints[d.UID] = d.Print
		}
	})
	if err == nil {
		// A message without identifying fields, or gone meanwhile, has the zero key,
		// or it would be asked for again and again.
		for _, uid := range uids {
			if _, ok := keys[uid]; !ok {
				keys[uid] = translate.ContentKey{}
			}
		}
	}
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: validity, Keys: keys, Prints: prints}}
	if m.several || m.known.Several {
		facts.Identities = m.identities(translate.EntriesOf(m.listing, uids), keys)
	}
	// What came before the end of its time is kept, and the next login goes on.
	if rerr := m.page.Record(context.WithoutCancel(ctx), facts); err == nil {
		err = temporary(rerr)
	}
	return keys, err
}

// learnTimeout bounds what a session does for the ledger after its device left.
const learnTimeout = 30 * time.Second

// On an old POP3 server the session that learns holds the maildrop: a device that
// comes again at once would hear [IN-USE]. So it takes little at a time; mailboxes
// of thousands are learned over several polls, or harvested.
const (
	oldLearnTimeout = time.Second
	oldLearnBatch   = 100
)

// learning says how many messages a session may learn of, and for how long.
func (m *part) learning() (batch int, patience time.Duration) {
	if m.Mailbox.Server().POP3 {
		return oldLearnBatch, oldLearnTimeout
	}
	return describeBatch, learnTimeout
}

// Learn takes the content keys of messages that the ledger does not know by
// content yet, so that they are found again should the mailbox ever be rebuilt.
// The device has gone and the lock is free; the mailboxes are still open.
func (m *Maildrop) Learn(ctx context.Context) {
	if m.Mailbox == nil || !slices.ContainsFunc(m.parts, func(p *part) bool { return len(p.unkeyed) > 0 }) {
		return
	}
	_, patience := m.parts[0].learning()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	key := m.key()
	key.Lock, key.Displaced = translate.LockNone, nil
	page, err := m.Backend.OpenPage(ctx, key)
	if err != nil {
		m.Log.Debug("content keys are not learned", "error", err)
		return
	}
	m.page = page
	defer m.closePage()
	for _, p := range m.parts {
		if len(p.unkeyed) == 0 {
			continue
		}
		if err := p.learnBehind(ctx, page); err != nil {
			m.Log.Debug("content keys are not learned", "error", err)
			return
		}
	}
}

// learnBehind is Learn of one mailbox, with a page of the maildrop that was opened anew.
func (m *part) learnBehind(ctx context.Context, page backend.Page) (err error) {
	validity := m.drop.UIDValidity()
	m.page = page
	if m.beside {
		if m.page, err = page.Beside(ctx, m.name); err != nil {
			return err
		}
	}
	if m.several {
		if _, err := m.page.Known(ctx, validity); err != nil {
			return err
		}
	}
	_, err = m.learn(ctx, validity, m.unkeyed)
	return err
}
