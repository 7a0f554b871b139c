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
func (m *Mailbox) census(ctx context.Context, known translate.Listing, now translate.Selected, r *rows, refusal error) (translate.Listing, error) {
	conn := m.conn.wire
	c := translate.Census{Known: known, Now: now, Rows: r.full, Torn: r.torn}
	found, err := m.conn.search(ctx, "ALL")
	if err != nil && !m.refused(err) {
		return translate.Listing{}, err
	}
	c.Exists, c.Arrived = conn.Changes().Exists, conn.Changes().Arrived
	c.Search(found)
	if gap := c.Gap(); len(gap) > 0 {
		if _, err = m.inHalves(ctx, gap, r.items(), r.take); err != nil && !m.refused(err) {
			return translate.Listing{}, err
		}
		if err != nil {
			refusal = err
		}
		r.sort()
		c.Rows, c.Torn = r.full, r.torn
	}
	if c.Silent() {
		if refusal == nil {
			// An empty maildrop would tell devices that leave mail on the server to
			// forget what they hold, and to download it all again later.
			refusal = fmt.Errorf("%d messages were announced, and the server listed none", now.Messages)
		}
		return translate.Listing{}, refusal
	}
	if gap := c.Gap(); len(gap) > 0 && !r.gmail {
		// Flags it may tell without opening the message.
		if _, err = m.inHalves(ctx, gap, imap.Items{Flags: true}, r.take); err != nil && !m.refused(err) {
			return translate.Listing{}, err
		}
		c.Torn = r.torn
	}
	c.Exists, c.Arrived = conn.Changes().Exists, conn.Changes().Arrived
	l, strange := c.Listing()
	if refusal != nil || strange.Strange() {
		m.tally.Add(upstream.ListingsShort, 1)
		m.tally.Add(upstream.LeftOut, int64(strange.Messages()))
		m.complain(now, strange, refusal)
	}
	if len(known.Entries) == 0 {
		return l, nil
	}
	return m.reflag(ctx, l)
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
	left := l.LeftOut()
	if len(left) == 0 {
		return l, nil
	}
	r := m.newRows(1, 0)
	if _, err := m.inHalves(ctx, left, r.items(), r.take); err != nil && !m.refused(err) {
		return l, err
	}
	r.sort()
	return l.With(r.full), nil
}
