package ledger

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Copied gives the messages of the mailbox, under a UIDVALIDITY, whose copies lie where
// deleted ones go and which their server would not remove then.
func (p *Page) Copied(ctx context.Context, validity uint32) (copies []translate.Copied, err error) {
	err = p.ask(ctx, func(ctx context.Context) error {
		copies, err = copiedOf(ctx, p.store.db.View(), p.mailbox.Row.ID, validity)
		return err
	})
	return copies, err
}

func copiedOf(ctx context.Context, c database.Querier, mailbox int64, validity uint32) (copies []translate.Copied, err error) {
	err = c.Each(ctx, func(scan func(...any) error) error {
		var line translate.Copied
		var print int64
		err := scan(&line.UID, &print, &line.To, &line.ToValidity)
		line.Print, line.To = translate.Fingerprint(print), database.Unname(line.To)
		copies = append(copies, line)
		return err
	}, "SELECT uid, print, target, target_validity FROM copies WHERE mailbox_id = $1 AND uidvalidity = $2", mailbox, int64(validity))
	return copies, err
}

// writeCopied adds to them, and forgets those of messages that are gone by now.
func (p *Page) writeCopied(ctx context.Context, tx database.Querier, mailbox int64, f translate.Facts) error {
	if len(f.Copied) == 0 {
		return nil
	}
	old, err := copiedOf(ctx, tx, mailbox, f.UIDValidity)
	if err != nil {
		return err
	}
	if err := tx.Exec(ctx, "DELETE FROM copies WHERE mailbox_id = $1", mailbox); err != nil {
		return err
	}
	latest := make(map[imap.UID]translate.Copied)
	for _, c := range old {
		if _, there := p.mailbox.Snapshot.Entry(c.UID); there {
			latest[c.UID] = c
		}
	}
	for _, c := range f.Copied {
		latest[c.UID] = c
	}
	for _, c := range latest {
		err := tx.Exec(ctx, "INSERT INTO copies (mailbox_id, uidvalidity, uid, print, target, target_validity) VALUES ($1, $2, $3, $4, $5, $6)",
			mailbox, int64(f.UIDValidity), int64(c.UID), int64(c.Print), database.Name(c.To), int64(c.ToValidity))
		if err != nil {
			return err
		}
	}
	return nil
}
