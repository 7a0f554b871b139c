package ledger

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Keys gives the content keys that are known of this mailbox under a UIDVALIDITY. The
// map is the caller's.
func (p *Page) Keys(ctx context.Context, validity uint32) (keys map[imap.UID]translate.ContentKey, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		keys, err = database.Retry(ctx, func() (map[imap.UID]translate.ContentKey, error) {
			// Another session may learn at this moment.
			if err := p.mailbox.RefreshRow(ctx); err != nil {
				return nil, err
			}
			return p.mailbox.Keys(ctx, validity)
		})
		return err
	})
	return keys, err
}

// Unkeyed gives messages of the listing without a content key, in order of UID, limit
// at most; nil where all have one, or the ledger cannot tell. So it is good for what
// there is to learn, and not for what is known: that Keys says.
func (p *Page) Unkeyed(ctx context.Context, validity uint32, limit int) (unkeyed []imap.UID) {
	err := p.ask(ctx, func(ctx context.Context) (err error) {
		unkeyed, err = p.mailbox.Unkeyed(ctx, validity, limit)
		if !errors.Is(err, database.ErrChanged) {
			return err
		}
		unkeyed, err = database.Retry(ctx, func() ([]imap.UID, error) {
			if err := p.mailbox.RefreshRow(ctx); err != nil {
				return nil, err
			}
			return p.mailbox.Unkeyed(ctx, validity, limit)
		})
		return err
	})
	if err != nil {
		p.store.db.Log("debug", "content keys cannot be read", "account", p.key.Account, "cause", p.store.db.Explain(err))
	}
	return unkeyed
}

// Durable reports whether the ledger outlives the process.
func (p *Page) Durable() bool { return p.store.db.Durable() }
