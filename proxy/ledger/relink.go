package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Previous gives what this page's messages were under the mailbox and
// UIDVALIDITY that it was last served with, in order of UID, where that is
// another one than this mailbox and validity; nil where it is the same, or where
// there is none. Unique-ids are as they were shown. Messages that were never
// shown, and those that the journal says were taken away, are left out. A page that
// was never served begins with what was matched with this mailbox: devices know it
// from the old server itself.
func (p *Page) Previous(validity uint32) (*translate.PreviousMailbox, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	origin, err := steady(ctx, func() (*translate.PreviousMailbox, error) { return p.previous(ctx, validity) })
	return origin, p.store.unavailable(err)
}

func (p *Page) previous(ctx context.Context, validity uint32) (*translate.PreviousMailbox, error) {
	c := p.store.db.view()
	if err := p.readBoth(ctx, c); err != nil || p.leaf.boundTo(p.shelf.mailbox, validity) {
		return nil, err
	}
	from := shelf{mailbox: p.leaf.mailbox, validity: p.leaf.validity}
	if from.mailbox == 0 {
		var err error
		if from, err = matchedWith(ctx, c, p.shelf.mailbox, validity); err != nil || from.mailbox == 0 {
			return nil, err
		}
	}
	old, err := readOld(ctx, c, from.mailbox, from.validity)
	if err != nil || old.snapshot == 0 {
		return nil, err
	}
	snap, err := p.store.snapshot(ctx, c, old)
	if err != nil {
		return nil, err
	}
	keys, err := keyTable.load(ctx, p.store, c, old.snapshot, old.keys)
	if err != nil {
		return nil, err
	}
	origin := &translate.PreviousMailbox{}
	if origin.Messages, err = p.remember(ctx, c, snap.listing.Entries, snap.measured, keys); err != nil {
		return nil, err
	}
	order, err := p.store.order(ctx, c, p.leaf)
	if err != nil {
		return nil, err
	}
	if ranks := translate.Ranks(snap.listing.Entries, order); ranks != nil {
		for i := range origin.Messages {
			origin.Messages[i].Order = ranks[origin.Messages[i].UID]
		}
	}
	origin.Pairs, err = pairsBetween(ctx, p.store, c, from, p.shelf.mailbox, validity)
	return origin, err
}

// Gone is Previous for messages that have vanished under the same UIDVALIDITY:
// a server may have given them new UIDs.
func (p *Page) Gone(uids []imap.UID) ([]translate.Remembered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(uids) == 0 || p.shelf.snapshot == 0 {
		return nil, nil
	}
	ctx, cancel := bounded()
	defer cancel()
	sorted := slices.Sorted(slices.Values(uids))
	messages, err := steady(ctx, func() ([]translate.Remembered, error) { return p.gone(ctx, sorted) })
	return messages, p.store.unavailable(err)
}

func (p *Page) gone(ctx context.Context, uids []imap.UID) ([]translate.Remembered, error) {
	c := p.store.db.view()
	if err := p.readLeaf(ctx, c); err != nil {
		return nil, err
	}
	if !p.leaf.boundTo(p.shelf.mailbox, p.snap.listing.UIDValidity) {
		return nil, nil
	}
	var entries []translate.Entry
	for _, uid := range uids {
		if i, ok := find(p.snap.listing.Entries, uid); ok {
			entries = append(entries, p.snap.listing.Entries[i])
		}
	}
	keys, err := keyTable.some(ctx, c, p.shelf.snapshot, slices.Values(uids))
	if err != nil {
		return nil, err
	}
	return p.remember(ctx, c, entries, p.snap.measured, keys)
}

// remember gives entries, which belong to what the page is bound to, the
// unique-ids with which they were shown. A size that was measured has taken the
// place of what the upstream says, and is nothing to recognise a message by.
func (p *Page) remember(ctx context.Context, c statements, entries []translate.Entry, measured map[imap.UID]int64, keys map[imap.UID]translate.ContentKey) ([]translate.Remembered, error) {
	pins, err := p.store.pins(ctx, c, p.leaf)
	if err != nil {
		return nil, err
	}
	spans, err := decodeFormats(p.leaf.formats)
	if err != nil {
		return nil, err
	}
	away, err := p.taken(ctx, c)
	if err != nil {
		return nil, err
	}
	order, err := p.store.order(ctx, c, p.leaf)
	if err != nil {
		return nil, err
	}
	messages := make([]translate.Remembered, 0, len(entries))
	for _, e := range entries {
		id, shown := shownAs(e, p.leaf.validity, pins, spans)
		if _, ok := away[e.UID]; ok || !shown || e.Withdrawn() {
			continue
		}
		octets := e.Size
		if _, ok := measured[e.UID]; ok {
			octets = 0
		}
		messages = append(messages, translate.Remembered{UID: e.UID, Octets: octets, UniqueID: id, Key: keys[e.UID], Order: cmp.Or(e.Order, order[e.UID])})
	}
	return messages, nil
}

func shownAs(e translate.Entry, validity uint32, pins map[imap.UID]string, spans []translate.Span) (id string, shown bool) {
	if id, ok := pins[e.UID]; ok {
		return id, true
	}
	if e.UniqueID != "" {
		return e.UniqueID, true
	}
	for _, s := range slices.Backward(spans) {
		if s.From <= e.UID {
			return string(s.Format.Append(nil, validity, e.UID)), true
		}
	}
	return "", false
}

// taken are the messages that devices have had taken out of the mailbox. A
// hidden or flagged one is still in it.
func (p *Page) taken(ctx context.Context, c statements) (map[imap.UID]struct{}, error) {
	away := make(map[imap.UID]struct{})
	err := c.each(ctx, func(scan func(...any) error) error {
		var uid imap.UID
		err := scan(&uid)
		away[uid] = struct{}{}
		return err
	}, "SELECT uid FROM deletions WHERE page_id = $1 AND mailbox_id = $2 AND uidvalidity = $3 AND action NOT IN ("+staying()+")",
		p.leaf.page, p.leaf.mailbox, int64(p.leaf.validity))
	return away, err
}

// staying are the words of what leaves a message in its mailbox, for SQL.
func staying() string {
	var words []string
	for _, d := range translate.OnDeletes() {
		if d.Stays() {
			words = append(words, "'"+d.String()+"'")
		}
	}
	return strings.Join(words, ", ")
}

// Relink gives the page to this mailbox and validity, in one transaction: new
// UIDs get the unique-ids of the messages that they are, what devices have
// hidden stays hidden under the new UIDs, and an operator's agreement to new
// unique-ids is used up. span replaces the formats; nil leaves them as they are
// where only UIDs have changed.
func (p *Page) Relink(validity uint32, links []translate.Link, span []translate.Span) error {
	formats, err := encodeFormats(span)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	err = p.commit(ctx, func(tx statements) error {
		page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
		if err != nil {
			return err
		}
		box, err := lockShelf(ctx, tx, p.key)
		if err != nil {
			return err
		}
		if bound := page.boundTo(box.mailbox, validity); bound && !p.leaf.boundTo(box.mailbox, validity) {
			return nil // another session has found the messages again meanwhile
		}
		if err := relink(ctx, tx, page, box.mailbox, validity, links, formats); err != nil || p.store.kind != DriverMemory {
			return err
		}
		// The journal of other UIDs has told what it could, see forgetTaken.
		return tx.exec(ctx, "DELETE FROM deletions WHERE page_id = $1 AND NOT (mailbox_id = $2 AND uidvalidity = $3)", page.page, box.mailbox, int64(validity))
	})
	if err == nil {
		err = p.reread(ctx, nil)
	}
	return p.store.unavailable(err)
}

func relink(ctx context.Context, tx statements, page leaf, mailbox int64, validity uint32, links []translate.Link, formats string) error {
	moved := !page.boundTo(mailbox, validity)
	hidden, err := hiddenSets(ctx, tx, page.page)
	if err != nil {
		return err
	}
	if moved {
		if err := tx.exec(ctx, "DELETE FROM intents WHERE page_id = $1 AND mailbox_id = $2 AND uidvalidity = $3", page.page, page.mailbox, int64(page.validity)); err != nil {
			return err
		}
		if page, err = bind(ctx, tx, page, mailbox, validity); err != nil {
			return err
		}
	}
	// What the old UID was pinned to is the new one's now. A message that comes
	// back under it would have the unique-id a second time.
	pins, left := make(map[imap.UID]string, len(links)), make([]imap.UID, len(links))
	for i, l := range links {
		pins[l.New], left[i] = l.UniqueID, l.Old
	}
	if !moved {
		if err := pinTable.drop(ctx, tx, page.page, left); err != nil {
			return err
		}
	}
	if _, err := pinTable.save(ctx, tx, page.page, pins); err != nil {
		return err
	}
	order := translate.Places(links)
	if !moved {
		order = places(links)
	}
	if _, err := orderTable.save(ctx, tx, page.page, order); err != nil {
		return err
	}
	for device, old := range hidden {
		err := editHidden(ctx, tx, page.page, device, func(set map[imap.UID]struct{}) {
			for _, l := range links {
				if _, ok := old[l.Old]; ok {
					set[l.New] = struct{}{}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	if formats == "" && !moved {
		formats = page.formats
	}
	if err := thaw(ctx, tx, page.page); err != nil {
		return err
	}
	return tx.exec(ctx, "UPDATE pages SET formats = $2, revision = $3, accept_new_ids = false WHERE id = $1", page.page, formats, newRevision())
}

// places are those that messages keep among others that have stayed.
func places(links []translate.Link) map[imap.UID]int {
	kept := make(map[imap.UID]int)
	for _, l := range links {
		if l.Order != 0 {
			kept[l.New] = l.Order
		}
	}
	return kept
}

// hiddenSets are those of all devices of a page that have hidden anything.
func hiddenSets(ctx context.Context, tx statements, page int64) (map[string]map[imap.UID]struct{}, error) {
	sets := make(map[string]map[imap.UID]struct{})
	err := tx.each(ctx, func(scan func(...any) error) (err error) {
		var device string
		var data []byte
		if err := scan(&device, &data); err != nil {
			return err
		}
		sets[device], err = decodeUIDs(data)
		return err
	}, "SELECT device, hidden FROM page_devices WHERE page_id = $1 AND hidden IS NOT NULL", page)
	return sets, err
}

// Unkeyed gives messages of the listing without a content key, in order of UID,
// limit at most; nil where all have one, or the ledger cannot tell.
func (p *Page) Unkeyed(validity uint32, limit int) []imap.UID {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shelf.snapshot == 0 || p.shelf.validity != validity {
		return nil
	}
	at := keyedState{p.shelf.revision, p.shelf.keys}
	unkeyed, ok := p.store.cache.get(unkeyedKey{p.shelf.snapshot, at}, 0).([]imap.UID)
	if !ok {
		ctx, cancel := bounded()
		defer cancel()
		keys, err := keyTable.load(ctx, p.store, p.store.db.view(), p.shelf.snapshot, p.shelf.keys)
		if err != nil {
			p.store.log("debug", "content keys cannot be read", "account", p.key.Account, "cause", p.store.scrub(err))
			return nil
		}
		for _, e := range p.snap.listing.Entries {
			if _, ok := keys[e.UID]; !ok {
				unkeyed = append(unkeyed, e.UID)
			}
		}
		p.store.cache.put(unkeyedKey{p.shelf.snapshot, at}, 0, unkeyed, uidOctets*len(unkeyed))
	}
	return unkeyed[:min(limit, len(unkeyed))]
}

type keyedState struct{ revision, keys int64 }

type unkeyedKey struct {
	snapshot int64
	at       keyedState
}
