package ledger

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/recall"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

// pageRow is the row of an account's maildrop with that of one device; zeros where
// there is none.
type pageRow struct {
	page     int64
	mailbox  int64 // with validity: what the page was last served with
	validity uint32
	formats  string
	revision int64
	accept   bool
	frozen   bool // it was not served when it was last looked at
	intents  bool // there are some, of sessions that live or not
	ordered  bool // its messages have places
	several  bool // the maildrop has shown other mailboxes too

	name           string // of the device
	device         bool   // it has logged in before
	hidden         []byte
	deviceRevision int64
	lastLogin      int64  // milliseconds since 1970
	leftOut        string // what it is not shown (translate.LeftOut.Encode)
	added          bool   // by an operator
	watch          watches.Known
}

// boundTo reports whether what belongs to the page holds for these UIDs.
func (l pageRow) boundTo(mailbox int64, validity uint32) bool {
	return l.page != 0 && mailbox != 0 && l.mailbox == mailbox && l.validity == validity
}

// identity is what the page is served from, with zeros where it never was.
func (l pageRow) identity() identity { return identity{l.mailbox, l.validity} }

const pageColumns = `COALESCE(p.id, 0), COALESCE(p.mailbox_id, 0), COALESCE(p.uidvalidity, 0), COALESCE(p.formats, ''),
			COALESCE(p.revision, 0), COALESCE(p.accept_new_ids, false), COALESCE(p.frozen, '') <> '', EXISTS (SELECT 1 FROM intents i WHERE i.page_id = p.id),
			EXISTS (SELECT 1 FROM page_order r WHERE r.owner = p.id),
			EXISTS (SELECT 1 FROM pages q WHERE q.account = $1 AND substr(q.maildrop, 1, $5) = $4),
			d.device IS NOT NULL, d.hidden, COALESCE(d.revision, 0), COALESCE(d.last_login, 0), COALESCE(d.left_out, ''), k.device IS NOT NULL,
			w.device IS NOT NULL, w.asked, COALESCE(w.route, 0), COALESCE(w.upstream, ''), COALESCE(w.last_login, 0), COALESCE(w.overdue_at, 0)`

// pageTypes are those of pageColumns on PostgreSQL, pageArguments those of the arguments.
const (
	pageTypes = `bigint, bigint, bigint, text, bigint, boolean, boolean, boolean, boolean, boolean,
		boolean, bytea, bigint, bigint, text, boolean, boolean, bigint, bigint, text, bigint, bigint`
	pageArguments = "text, text, text, text, integer"
)

const pageTables = `(SELECT 1 AS one) AS o
		LEFT JOIN pages p ON p.account = $1 AND p.maildrop = $2
		LEFT JOIN page_devices d ON d.page_id = p.id AND d.device = $3
		LEFT JOIN known_devices k ON k.account = $1 AND k.device = $3
		LEFT JOIN watches w ON w.account = $1 AND w.device = $3`

// askPage asks for the row of a page, of zeros where there is none.
func askPage(k backend.PageKey, l *pageRow) *database.Question {
	l.name = k.Device
	beside, characters := besideOf(k.Maildrop)
	return &database.Question{
		Text: "SELECT " + pageColumns + " FROM " + pageTables,
		Args: []any{k.Account, k.Maildrop, k.Device, beside, characters},
		Into: []any{
			&l.page, &l.mailbox, &l.validity, &l.formats, &l.revision, &l.accept, &l.frozen, &l.intents, &l.ordered, &l.several,
			&l.device, &l.hidden, &l.deviceRevision, &l.lastLogin, &l.leftOut, &l.added,
			&l.watch.There, &l.watch.Asked, &l.watch.Route, &l.watch.Upstream, &l.watch.LastLogin, &l.watch.OverdueAt,
		},
	}
}

// ask asks for the page's row and for the mailbox's.
func (o *opened) ask(k backend.PageKey, box translate.Box) *database.Question {
	q := askPage(k, &o.page)
	columns, join := o.box.JoinTo(q, box)
	q.Text = "SELECT " + pageColumns + ", " + columns + " FROM " + pageTables + join
	return q
}

func readPage(ctx context.Context, c database.Querier, k backend.PageKey) (l pageRow, err error) {
	ask := askPage(k, &l)
	return l, c.Row(ctx, ask.Text, ask.Args...).Scan(ask.Into...)
}

// rowKey names what is kept of a pageRow.
type rowKey struct{ account, maildrop, device string }

// readRow reads the page's own rows, as they are now.
func (p *Page) readRow(ctx context.Context) (err error) {
	p.opened = nil
	key := rowKey{p.key.Account, p.key.Maildrop, p.key.Device}
	p.row, err = recall.Of(p.store.db.Memory(), key, func() (pageRow, recall.Made, error) {
		row, err := readPage(ctx, p.store.db.View(), p.key)
		made := recall.Made{Of: []recall.Tag{database.OfAccount(key.account)}, Octets: len(row.hidden)}
		if row.page != 0 {
			made.Of = append(made.Of, database.OfPage(row.page))
		}
		return row, made, err
	})
	p.read = err == nil
	return err
}

// lockPage makes the page's row where it is missing, and locks it until the
// transaction ends. Pages are locked before mailboxes.
func lockPage(ctx context.Context, tx database.Querier, account, maildrop string) (l pageRow, err error) {
	var mailbox *int64
	err = tx.Row(ctx, `INSERT INTO pages (account, maildrop) VALUES ($1, $2)
		ON CONFLICT (account, maildrop) DO UPDATE SET account = excluded.account
		RETURNING id, mailbox_id, uidvalidity, formats, revision, accept_new_ids`, account, maildrop).
		Scan(&l.page, &mailbox, &l.validity, &l.formats, &l.revision, &l.accept)
	if mailbox != nil {
		l.mailbox = *mailbox
	}
	return l, err
}
