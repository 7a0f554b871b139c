package part

import (
	"context"
	"errors"
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

// Keys learns the content keys of messages, batch by batch, as long as the
// login has time.
func (m *Part) Keys(ctx context.Context, now translate.Listing, entries []translate.Entry) (map[imap.UID]translate.ContentKey, error) {
	if err := m.Page.Record(ctx, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: now.UIDValidity, Listing: &now}}); err != nil {
		return nil, translate.Refused(err)
	}
	have, err := m.Page.Keys(ctx, now.UIDValidity)
	if err != nil {
		return nil, translate.Refused(err)
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
func (m *Part) learn(ctx context.Context, validity uint32, uids []imap.UID) (map[imap.UID]translate.ContentKey, error) {
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
	if m.Several || m.Known.Several {
		facts.Identities = m.Identities(translate.EntriesOf(m.Listing, uids), keys)
	}
	// What came before the end of its time is kept, and the next login goes on.
	if rerr := m.Page.Record(context.WithoutCancel(ctx), facts); err == nil {
		err = translate.Refused(rerr)
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
func (m *Part) learning() (batch int, patience time.Duration) {
	if m.Mailbox.Server().POP3 {
		return oldLearnBatch, oldLearnTimeout
	}
	return describeBatch, learnTimeout
}

// WillLearn says whether there are messages that the ledger does not know by content
// yet, to be learned of when the device has gone. It is asked before the page is closed.
func (m *Part) WillLearn(ctx context.Context) bool {
	batch, _ := m.learning()
	m.unkeyed = m.Page.Unkeyed(context.WithoutCancel(ctx), m.Drop.UIDValidity(), batch)
	return m.Learns()
}

// Learns says what WillLearn has said.
func (m *Part) Learns() bool { return len(m.unkeyed) > 0 }

// Patience is how long a session may learn.
func (m *Part) Patience() time.Duration {
	_, patience := m.learning()
	return patience
}

// LearnBehind learns of the contents that WillLearn has found, with a page of the maildrop
// that was opened anew.
func (m *Part) LearnBehind(ctx context.Context, page backend.Page) (err error) {
	validity := m.Drop.UIDValidity()
	m.Page = page
	if m.Beside {
		if m.Page, err = page.Beside(ctx, m.Name); err != nil {
			return err
		}
	}
	if m.Several {
		if _, err := m.Page.Known(ctx, validity); err != nil {
			return err
		}
	}
	_, err = m.learn(ctx, validity, m.unkeyed)
	return err
}

var errRemapping = errors.New("the mailbox has got new UIDs, and finding its messages again takes longer than a login may; what was found is kept, and the next login goes on")
