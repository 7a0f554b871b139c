package ledger

import (
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// Previous gives what this page's messages were under the mailbox and
// UIDVALIDITY that it was last served with, in order of UID, where that is
// another one than this mailbox and validity; nil where it is the same, or where
// there is none. Unique-ids are as they were shown. Messages that were never
// shown, and those that the journal says were taken away, are left out. A page that
// was never served begins with what was matched with this mailbox: devices know it
// from the old server itself.
func (p *Page) Previous(ctx context.Context, validity uint32) (origin *translate.PreviousMailbox, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		origin, err = database.Retry(ctx, func() (*translate.PreviousMailbox, error) { return p.previous(ctx, validity) })
		return err
	})
	return origin, err
}

func (p *Page) previous(ctx context.Context, validity uint32) (*translate.PreviousMailbox, error) {
	c := p.store.db.View()
	if err := p.readBoth(ctx); err != nil {
		return nil, err
	}
	p.linksFrom(p.row)
	if p.row.boundTo(p.mailbox.Row.ID, validity) {
		return nil, nil
	}
	from := mailboxes.Row{ID: p.row.mailbox, Validity: p.row.validity}
	if from.ID == 0 {
		var err error
		if from, err = mailboxes.MappedFrom(ctx, c, p.mailbox.Row.ID, validity); err != nil || from.ID == 0 {
			return nil, err
		}
	}
	old, err := mailboxes.RowAt(ctx, c, from.ID, from.Validity)
	if err != nil || old.Snapshot == 0 {
		return nil, err
	}
	snap, err := p.store.Mailboxes.Snapshot(ctx, c, old)
	if err != nil {
		return nil, err
	}
	keys, err := p.store.Mailboxes.KeysOf(ctx, c, old)
	if err != nil {
		return nil, err
	}
	origin := &translate.PreviousMailbox{Moved: from.ID != p.mailbox.Row.ID, Several: p.row.several && !ofOldServer(snap.Listing)}
	if origin.Messages, err = p.remember(ctx, c, snap.Listing.Entries, snap.Measured, keys); err != nil {
		return nil, err
	}
	order, err := p.store.order(ctx, c, p.row)
	if err != nil {
		return nil, err
	}
	if ranks := translate.Ranks(snap.Listing.Entries, order); ranks != nil {
		for i := range origin.Messages {
			origin.Messages[i].Order = ranks[origin.Messages[i].UID]
		}
	}
	origin.Pairs, err = p.store.Mailboxes.PairsBetween(ctx, c, from, p.mailbox.Row.ID, validity)
	return origin, err
}

// ofOldServer reports whether a listing is a POP3 server's, which has one mailbox and names
// every message itself.
func ofOldServer(l translate.Listing) bool {
	return l.UIDValidity == translate.AssignedValidity && len(l.Entries) > 0 && l.Entries[0].UniqueID != ""
}

// Gone is Previous for messages that have vanished under the same UIDVALIDITY:
// a server may have given them new UIDs.
func (p *Page) Gone(ctx context.Context, uids []imap.UID) (messages []translate.Remembered, err error) {
	if len(uids) == 0 {
		return nil, nil
	}
	sorted := slices.Sorted(slices.Values(uids))
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		messages, err = database.Retry(ctx, func() ([]translate.Remembered, error) { return p.gone(ctx, sorted) })
		return err
	})
	return messages, err
}

func (p *Page) gone(ctx context.Context, uids []imap.UID) ([]translate.Remembered, error) {
	if p.mailbox.Row.Snapshot == 0 {
		return nil, nil
	}
	c := p.store.db.View()
	if err := p.readRow(ctx); err != nil {
		return nil, err
	}
	p.linksFrom(p.row)
	if !p.row.boundTo(p.mailbox.Row.ID, p.mailbox.Snapshot.Listing.UIDValidity) {
		return nil, nil
	}
	var entries []translate.Entry
	for _, uid := range uids {
		if e, ok := p.mailbox.Snapshot.Entry(uid); ok {
			entries = append(entries, e)
		}
	}
	keys, err := p.mailbox.SomeKeys(ctx, c, slices.Values(uids))
	if err != nil {
		return nil, err
	}
	return p.remember(ctx, c, entries, p.mailbox.Snapshot.Measured, keys)
}

// linksFrom keeps what the page is served from where it is told what its messages are:
// links that are made of that hold for nothing else.
func (p *Page) linksFrom(row pageRow) {
	from := row.identity()
	p.from = &from
}
