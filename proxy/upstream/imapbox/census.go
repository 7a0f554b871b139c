package imapbox

import (
	"context"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// census makes a listing where what the server said does not add up. refusal is
// its NO, nil where its answer was short or damaged: Yahoo refuses all because of
// one message, and leaves some out at times. What SEARCH names is asked for again.
// Where the server ends the connection over that, what came on the next one is all
// that counts: the mailbox was selected again, and may hold other messages by now.
func (m *Mailbox) census(ctx context.Context, known translate.Listing, r *rows, refusal error) (translate.Listing, error) {
	c := translate.Census{Known: known, Rows: r.full, Torn: r.torn}
	avoided := m.stumbled()
	var bad goimap.UIDSet
	for range steadyLooks {
		if err := m.count(ctx, &c); err != nil {
			return translate.Listing{}, err
		}
		gap := translate.Subtract(translate.Subtract(c.Gap(), avoided), bad)
		if len(gap) == 0 {
			break
		}
		asked := m.conn
		left, err := m.inParts(ctx, gap, r.items(), r.take)
		if err != nil && !m.declined(err) {
			return translate.Listing{}, err
		}
		if err != nil {
			refusal = err
		}
		bad.AddSet(left)
		r.sort()
		c.Rows, c.Torn = r.full, r.torn
		if m.conn == asked && !m.lost() {
			break
		}
	}
	if c.Silent() {
		if refusal == nil {
			// An empty maildrop would tell devices that leave mail on the server to
			// forget what they hold, and to download it all again later.
			refusal = fmt.Errorf("%d messages were announced, and the server listed none", c.Now.Messages)
		}
		return translate.Listing{}, refusal
	}
	if gap := translate.Subtract(c.Gap(), avoided); len(gap) > 0 && !r.gmail {
		// Flags it may tell without opening the message.
		if _, err := m.inParts(ctx, gap, imap.Items{Flags: true, Incomplete: true}, r.take); err != nil && !m.declined(err) {
			return translate.Listing{}, err
		}
		c.Torn = r.torn
	}
	if !m.lost() {
		c.Exists, c.Arrived = m.conn.wire.Changes().Exists, m.conn.wire.Changes().Arrived
	}
	l, strange := c.Listing()
	if refusal != nil || strange.Strange() {
		m.tally.Add(upstream.ListingsShort, 1)
		m.tally.Add(upstream.LeftOut, int64(strange.Messages()))
		m.complain(c.Now, strange, refusal)
	}
	if len(known.Entries) == 0 {
		return l, nil
	}
	if err := m.connected(ctx); err != nil {
		return l, err
	}
	return m.reflag(ctx, l)
}

// count takes over what the server counts and names by now.
func (m *Mailbox) count(ctx context.Context, c *translate.Census) error {
	if err := m.connected(ctx); err != nil {
		return err
	}
	found, err := m.conn.search(ctx, "ALL")
	if err != nil && !m.refused(err) {
		return err
	}
	c.Now = said(m.conn.selected)
	c.Exists, c.Arrived = m.conn.wire.Changes().Exists, m.conn.wire.Changes().Arrived
	c.Search(found)
	return nil
}

// complain tells an operator which messages it is about.
func (m *Mailbox) complain(now translate.Selected, strange translate.Shortfall, refusal error) {
	args := []any{"upstream", m.req.Upstream.Name, "account", m.req.Account, "mailbox", imap.DecodeMailbox(m.name), "exists", now.Messages}
	if len(strange.LeftOut) > 0 {
		args = append(args, "left_out", shown(strange.LeftOut))
	}
	if len(strange.Unsized) > 0 {
		args = append(args, "without_size", shown(strange.Unsized))
	}
	if strange.Unnamed > 0 {
		args = append(args, "unnamed", strange.Unnamed)
	}
	if strange.UIDNext != 0 {
		args = append(args, "false_uidnext", strange.UIDNext)
	}
	if refusal != nil {
		args = append(args, "refusal", refusal)
	}
	m.req.Log.Warn("the upstream's listing of a mailbox does not add up", args...)
}

// maxShown bounds a set of UIDs in a line of the log, in octets.
const maxShown = 500

func shown(uids goimap.UIDSet) string {
	text := uids.String()
	if len(text) > maxShown {
		text = text[:maxShown] + "..."
	}
	return text
}

// remind asks again for messages that were left out before.
func (m *Mailbox) remind(ctx context.Context, l translate.Listing) (translate.Listing, error) {
	left := translate.Subtract(l.LeftOut(), m.stumbled())
	if len(left) == 0 {
		return l, nil
	}
	r := m.newRows(1, 0)
	if _, err := m.inParts(ctx, left, r.items(), r.take); err != nil && !m.declined(err) {
		return l, err
	}
	r.sort()
	return l.With(r.full), nil
}
