package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// remember gives entries, which belong to what the page is bound to, the
// unique-ids with which they were shown. A size that was measured has taken the
// place of what the upstream says, and is nothing to recognise a message by.
func (p *Page) remember(ctx context.Context, c database.Querier, entries []translate.Entry, measured map[imap.UID]int64, keys map[imap.UID]translate.ContentKey) ([]translate.Remembered, error) {
	pins, err := p.store.pins(ctx, c, p.row)
	if err != nil {
		return nil, err
	}
	spans, err := decodeFormats(p.row.formats)
	if err != nil {
		return nil, err
	}
	away, err := taken(ctx, c, p.row)
	if err != nil {
		return nil, err
	}
	order, err := p.store.order(ctx, c, p.row)
	if err != nil {
		return nil, err
	}
	messages := make([]translate.Remembered, 0, len(entries))
	for _, e := range entries {
		id, shown := shownAs(e, p.row.validity, pins, spans)
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
func taken(ctx context.Context, c database.Querier, row pageRow) (map[imap.UID]struct{}, error) {
	away := make(map[imap.UID]struct{})
	err := c.Each(ctx, func(scan func(...any) error) error {
		var uid imap.UID
		err := scan(&uid)
		away[uid] = struct{}{}
		return err
	}, "SELECT uid FROM deletions WHERE page_id = $1 AND mailbox_id = $2 AND uidvalidity = $3 AND action NOT IN ("+staying()+")",
		row.page, row.mailbox, int64(row.validity))
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
