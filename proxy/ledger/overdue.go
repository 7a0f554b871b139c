package ledger

import (
	"context"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/notices"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

// tell keeps, within the transaction that writes it down, what operators want to hear of
// devices and upstreams.
func (s *Store) tell(ctx context.Context, tx database.Querier, c watches.Change) error {
	n := notices.News{Kind: notices.UpstreamAway, Subject: c.Upstream, Facts: notices.Facts{Upstream: c.Upstream, Since: c.Since}}
	if d := c.Device; d != nil {
		n = notices.News{Kind: notices.DeviceOverdue, Subject: d.Account + "\n" + d.Device, Facts: notices.Facts{
			Account: d.Account, Device: d.Device, Upstream: d.Upstream, Expect: d.Expect.String(), Since: d.LastLogin,
		}}
	}
	switch {
	case c.Back && c.Device != nil:
		n.Kind = notices.DeviceBack
		s.db.Log("info", "a device that was overdue is back", "account", n.Facts.Account, "device", n.Facts.Device, "upstream", n.Facts.Upstream)
	case c.Back:
		n.Kind = notices.UpstreamBack
	}
	return s.Notices.Raise(ctx, tx, n)
}

// held is the news that the page's mailbox is held back.
func (p *Page) held(why translate.Freeze) notices.News {
	account, maildrop := database.Unname(p.key.Account), database.Unname(p.key.Maildrop)
	return notices.News{Kind: notices.MailboxHeld, Subject: account + "\n" + maildrop, Facts: notices.Facts{
		Account: account, Maildrop: maildrop, Upstream: p.key.Upstream, Cause: string(why),
	}}
}
