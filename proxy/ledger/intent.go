package ledger

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Intend writes down what is about to be done upstream; it is durable when
// Intend returns nil. A second intent of the session replaces the first. It
// fails with translate.InUse where the lock has been lost: the fencing number is
// checked in the same transaction.
func (p *Page) Intend(ctx context.Context, intent translate.Intent) error {
	return p.IntendAll(ctx, map[string]translate.Intent{"": intent})
}

// IntendAll is Intend for several mailboxes in one transaction, so that a crash leaves all
// of it to be settled, or none.
func (p *Page) IntendAll(ctx context.Context, intents map[string]translate.Intent) error {
	type intended struct {
		*Page
		row      int64
		validity uint32
		data     []byte
	}
	var all []*intended
	for mailbox, intent := range intents {
		page := p
		if mailbox != "" {
			page = p.others[mailbox]
		}
		if page == nil {
			return fmt.Errorf("no page was opened for the mailbox %q", mailbox)
		}
		data, err := encodeIntent(intent)
		if err != nil {
			return err
		}
		all = append(all, &intended{page, 0, intent.UIDValidity, data})
	}
	// Always in one order, or two sessions would wait for each other.
	slices.SortFunc(all, func(a, b *intended) int { return cmp.Compare(a.key.Maildrop, b.key.Maildrop) })
	return p.ask(ctx, func(ctx context.Context) error {
		err := p.commit(ctx, func(tx database.Querier) error {
			for _, in := range all { // pages are locked before mailboxes
				page, err := lockPage(ctx, tx, in.key.Account, in.key.Maildrop)
				if err != nil {
					return err
				}
				in.row = page.page
			}
			for _, in := range all {
				if err := in.writeIntent(ctx, tx, in.row, in.validity, in.data); err != nil {
					return err
				}
			}
			return nil
		})
		for _, in := range all {
			in.own = in.own || err == nil
		}
		return err
	})
}

func (p *Page) writeIntent(ctx context.Context, tx database.Querier, page int64, validity uint32, data []byte) error {
	box, err := p.mailbox.Lock(ctx, tx)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO intents (page_id, mailbox_id, uidvalidity, device, owner, fence, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (page_id, owner, fence) DO UPDATE SET mailbox_id = excluded.mailbox_id, uidvalidity = excluded.uidvalidity, data = excluded.data`,
		page, box.ID, int64(validity), p.key.Device, p.store.name, p.fence, chunks.Checked(data))
}

// commit runs f in a transaction that is committed only while this session
// holds its lock. The page's mutex is held.
func (p *Page) commit(ctx context.Context, f func(database.Querier) error) error {
	if err := p.holding(); err != nil {
		return err
	}
	p.opened = nil
	return p.store.db.Wrote(p.store.db.Update(ctx, func(tx database.Querier) error {
		if err := p.store.locks.check(ctx, tx, p); err != nil {
			return err
		}
		return f(tx)
	}))
}

// interrupted gives the oldest intent on these very UIDs whose session has ended
// without settling it, nil for none. The intents of other UIDs must not be
// carried out here, and what another device was about to hide is hidden from that
// device alone: its own next login settles it.
func (p *Page) interrupted(ctx context.Context, c database.Querier, validity uint32) (*translate.Intent, error) {
	type row struct {
		id, fence     int64
		owner, device string
	}
	var rows []row
	err := c.Each(ctx, func(scan func(...any) error) error {
		var r row
		err := scan(&r.id, &r.owner, &r.fence, &r.device)
		rows = append(rows, r)
		return err
	}, "SELECT id, owner, fence, device FROM intents WHERE page_id = $1 AND mailbox_id = $2 AND uidvalidity = $3 ORDER BY id",
		p.row.page, p.mailbox.Row.ID, int64(validity))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		live, err := p.store.locks.alive(ctx, r.owner, r.fence)
		if err != nil {
			return nil, err
		}
		if live {
			continue
		}
		intent, err := readIntent(ctx, c, r.id)
		if database.IsDamage(err) {
			// What it was to delete stays, and is shown: no mail is lost by that.
			p.store.db.Log("error", "what an interrupted QUIT was to do is damaged in the ledger, and is left undone", "account", p.key.Account, "intent", r.id)
			continue
		}
		if errors.Is(err, sql.ErrNoRows) {
			continue // another session has settled it at this moment
		}
		if err != nil {
			return nil, err
		}
		if r.device == p.key.Device || len(intent.Plan.Hide) == 0 {
			p.shown = r.id
			return intent, nil
		}
	}
	return nil, nil
}

func readIntent(ctx context.Context, c database.Querier, id int64) (*translate.Intent, error) {
	var data []byte
	if err := c.Row(ctx, "SELECT data FROM intents WHERE id = $1", id).Scan(&data); err != nil {
		return nil, err
	}
	data, err := chunks.Verified(data)
	if err != nil {
		return nil, err
	}
	return decodeIntent(data)
}

// plainIntent is up to how many octets of JSON an intent is kept as it stands. A
// compressor takes 1 MB to begin with, which is much for a QUIT with a few messages.
const plainIntent = 16 << 10

// encodeIntent makes octets of an intent: what the journal will say of 100,000
// messages is 32 MB of JSON, and less than 5 MB when it is compressed.
func encodeIntent(intent translate.Intent) ([]byte, error) {
	intent.Deletions = mapNames(intent.Deletions, database.Name)
	text, err := json.Marshal(intent)
	if err != nil || len(text) <= plainIntent {
		return text, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// decodeIntent is the other way. Its octets have passed a checksum.
func decodeIntent(data []byte) (*translate.Intent, error) {
	var text io.Reader = bytes.NewReader(data)
	if !bytes.HasPrefix(data, []byte("{")) {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, database.ErrDamaged
		}
		text = z
	}
	intent := new(translate.Intent)
	if err := json.NewDecoder(text).Decode(intent); err != nil {
		return nil, database.ErrDamaged
	}
	intent.Deletions = mapNames(intent.Deletions, database.Unname)
	return intent, nil
}

// mapNames gives deletions with their names changed: JSON and databases take no
// octets that are not UTF-8, and an old server's unique-ids may have them.
func mapNames(deletions []translate.Deletion, change func(string) string) []translate.Deletion {
	deletions = slices.Clone(deletions)
	for i := range deletions {
		d := &deletions[i]
		for _, text := range []*string{&d.Device, &d.UniqueID, &d.MessageID, &d.To} {
			*text = change(*text)
		}
	}
	return deletions
}

// forgetIntent removes this session's own intent, and where it has none the one that
// Known has given.
func (p *Page) forgetIntent(ctx context.Context, tx database.Querier) error {
	if p.own {
		return tx.Exec(ctx, "DELETE FROM intents WHERE page_id = $1 AND owner = $2 AND fence = $3", p.row.page, p.store.name, p.fence)
	}
	return tx.Exec(ctx, "DELETE FROM intents WHERE id = $1", p.shown)
}
