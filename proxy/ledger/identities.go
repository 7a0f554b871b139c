package ledger

import (
	"context"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// identityTable keeps what the messages of a page are recognised by when they come up in
// another mailbox of the maildrop. It outlasts their going, and their pins with it.
var identityTable = chunks.Table[translate.Identity]{
	Name: "page_identities", Owner: "pages", Revision: "revision",
	Put: func(b []byte, v, _ translate.Identity) []byte {
		return binary.AppendUvarint(append(b, v.Key[:]...), uint64(max(v.Octets, 0)))
	},
	Take: func(b []byte, _ translate.Identity) (v translate.Identity, rest []byte, ok bool) {
		if len(b) < len(v.Key) {
			return v, nil, false
		}
		b = b[copy(v.Key[:], b):]
		octets, n := binary.Uvarint(b)
		if n <= 0 || octets > math.MaxInt64 {
			return v, nil, false
		}
		v.Octets = int64(octets)
		return v, b[n:], true
	},
}

// Identities are what messages of the page are recognised by, as far as it is known: at
// least these messages, or all of them where uids is nil.
func (p *Page) Identities(ctx context.Context, uids []imap.UID) (known map[imap.UID]translate.Identity, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		known, err = database.Retry(ctx, func() (map[imap.UID]translate.Identity, error) {
			c := p.store.db.View()
			if err := p.readRow(ctx); err != nil || p.row.page == 0 {
				return nil, err
			}
			if uids != nil {
				return identityTable.Some(ctx, c, p.row.page, slices.Values(uids))
			}
			return identityTable.Load(ctx, p.store.db, c, p.row.page, p.row.revision)
		})
		return err
	})
	return known, err
}

// maxLost bounds the messages of one mailbox that are remembered after they have gone:
// the latest are.
const maxLost = 20_000

// Lost gives the messages that this maildrop has served, in any of its mailboxes, and
// that are not there any more; held says of each mailbox that is shown what it holds.
// Those that a device has had removed are not among them.
func (p *Page) Lost(ctx context.Context, held map[string]translate.Listing) (lost []translate.Lost, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		lost, err = database.Retry(ctx, func() ([]translate.Lost, error) { return p.lost(ctx, held) })
		return err
	})
	return lost, err
}

func (p *Page) lost(ctx context.Context, held map[string]translate.Listing) (lost []translate.Lost, err error) {
	c := p.store.db.View()
	type place struct {
		pageRow
		name  string
		moved bool // the account has left its upstream
	}
	var pages []place
	beside, characters := besideOf(p.key.Maildrop)
	err = c.Each(ctx, func(scan func(...any) error) error {
		var l place
		err := scan(&l.page, &l.mailbox, &l.validity, &l.revision, &l.name, &l.moved)
		l.ordered = true
		l.name = database.Unname(l.name)
		pages = append(pages, l)
		return err
	}, `SELECT p.id, p.mailbox_id, p.uidvalidity, p.revision, m.mailbox, m.upstream <> $5 OR m.login <> $6 FROM pages p JOIN mailboxes m ON m.id = p.mailbox_id
		WHERE p.account = $1 AND (p.maildrop = $2 OR substr(p.maildrop, 1, $4) = $3)
			AND EXISTS (SELECT 1 FROM page_identities i WHERE i.owner = p.id) ORDER BY p.id`,
		p.key.Account, mainMaildrop(p.key.Maildrop), beside, characters, database.Name(p.key.Upstream), database.Name(p.key.Login))
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		there := make(map[imap.UID]bool)
		if now := held[page.name]; now.UIDValidity == page.validity && !page.moved {
			for _, e := range now.Entries {
				there[e.UID] = true
			}
		}
		some, err := p.lostOf(ctx, c, page.pageRow, there)
		if err != nil {
			return nil, err
		}
		if page.moved && len(some) > 0 {
			if err := p.matched(ctx, c, page.pageRow, held, some); err != nil {
				return nil, err
			}
		}
		lost = append(lost, some...)
	}
	alone, err := p.lostAlone(ctx, c, held[p.key.Mailbox])
	return append(lost, alone...), err
}

// matched says of messages of a page on an upstream that the account has left what they are
// in the mailboxes that are shown now, as far as a match has found that out.
func (p *Page) matched(ctx context.Context, c database.Querier, page pageRow, held map[string]translate.Listing, lost []translate.Lost) error {
	at := make(map[imap.UID]int, len(lost))
	for i, l := range lost {
		at[l.UID] = i
	}
	shown := map[string]*Page{p.key.Mailbox: p}
	maps.Copy(shown, p.others)
	from := mailboxes.Row{ID: page.mailbox, Validity: page.validity}
	for name, now := range held {
		other := shown[name]
		if other == nil || other.mailbox.Row.ID == 0 {
			continue
		}
		pairs, err := p.store.Mailboxes.PairsBetween(ctx, c, from, other.mailbox.Row.ID, now.UIDValidity)
		if err != nil {
			return err
		}
		for _, pair := range pairs {
			if i, ok := at[pair.Old]; ok {
				lost[i].In, lost[i].As = name, pair.New
			}
		}
	}
	return nil
}

// lostAlone gives the messages of the first mailbox that have gone since it was shown
// alone: nothing but their content was remembered then.
func (p *Page) lostAlone(ctx context.Context, c database.Querier, now translate.Listing) ([]translate.Lost, error) {
	if err := p.readRow(ctx); err != nil || p.row.several || now.UIDValidity == 0 || !p.row.boundTo(p.mailbox.Row.ID, now.UIDValidity) {
		return nil, err
	}
	gone, _ := translate.Difference(p.mailbox.Snapshot.Listing, now)
	messages, err := p.gone(ctx, gone)
	if err != nil {
		return nil, err
	}
	identified, err := identityTable.Some(ctx, c, p.row.page, slices.Values(gone))
	var lost []translate.Lost
	for _, m := range messages {
		if _, known := identified[m.UID]; !known && m.Key != (translate.ContentKey{}) {
			lost = append(lost, translate.Lost{Remembered: m, Page: p.row.page})
		}
	}
	return lost, err
}

// lostOf gives the messages of one page that are not there.
func (p *Page) lostOf(ctx context.Context, c database.Querier, page pageRow, there map[imap.UID]bool) ([]translate.Lost, error) {
	identities, err := identityTable.Load(ctx, p.store.db, c, page.page, page.revision)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(identities, func(uid imap.UID, _ translate.Identity) bool { return there[uid] })
	if len(identities) == 0 {
		return nil, nil
	}
	pins, err := p.store.pins(ctx, c, page)
	if err != nil {
		return nil, err
	}
	order, err := p.store.order(ctx, c, page)
	if err != nil {
		return nil, err
	}
	uids := slices.Sorted(maps.Keys(identities))
	var lost []translate.Lost
	for _, uid := range uids[max(0, len(uids)-maxLost):] {
		if id, ok := pins[uid]; ok {
			of := translate.Remembered{UID: uid, UniqueID: id, Key: identities[uid].Key, Octets: identities[uid].Octets, Order: order[uid]}
			lost = append(lost, translate.Lost{Remembered: of, Page: page.page})
		}
	}
	return lost, nil
}

// writeIdentities keeps what was learned, and forgets what a device has had removed: a
// message that somebody brings back is a new one.
func (p *Page) writeIdentities(ctx context.Context, tx database.Querier, page int64, n news) (changed bool, err error) {
	if changed, err = identityTable.Save(ctx, tx, page, n.Identities); err != nil {
		return false, err
	}
	removed := translate.Members(n.Removed)
	for _, d := range n.Deletions {
		if !d.Action.Stays() {
			removed = append(removed, d.UID)
		}
	}
	return changed || len(removed) > 0, identityTable.Drop(ctx, tx, page, removed)
}
