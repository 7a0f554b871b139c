package part

import (
	"context"
	"fmt"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// freeze refuses the login to a mailbox with a new identity whose messages most
// likely are those that devices know, and nobody can tell: an operator has to agree.
// An empty one is refused for a time only: one that stays so was made anew.
func (m *Part) freeze(ctx context.Context, now translate.Listing, remembered, untold int, known backend.State) error {
	why := translate.TooFewRecognised(remembered, len(now.Entries), untold)
	if why == translate.NotFrozen || known.AcceptNewIDs {
		return nil
	}
	since, err := m.Page.Freeze(ctx, why, now.UIDValidity)
	if err != nil {
		return translate.Refused(err)
	}
	args := []any{"account", m.Target.Account, "upstream", m.Target.Upstream.Name, "uidvalidity", now.UIDValidity, "remembered", remembered, "messages", len(now.Entries), "since", since.UTC().Format(time.RFC3339)}
	const agree = "popbridge account accept-new-ids "
	if why == translate.FrozenUnknown {
		m.Log.Error("the mailbox has another UIDVALIDITY, and most of its messages cannot be recognised: devices would download everything again. Logins are refused until the old mailbox is back, or: "+agree+m.Target.Account,
			append(args, "unknown", untold)...)
		return translate.Temporary(fmt.Errorf("of %d messages under the new UIDVALIDITY, %d may be known ones, and this cannot be decided", len(now.Entries), untold))
	}
	hold := m.Target.Maildrop.IdentityHold
	if time.Since(since) >= hold {
		m.Log.Warn("the mailbox has another UIDVALIDITY and has been empty for as long as identity_hold says: it is served as a new one", args...)
		return nil
	}
	m.Log.Error("the mailbox has another UIDVALIDITY and is empty, perhaps because a disk is not mounted: devices would forget everything they have. Logins are refused until the old mailbox is back, for identity_hold at most, or: "+agree+m.Target.Account,
		append(args, "identity_hold", hold)...)
	return translate.Temporary(fmt.Errorf("%d messages are remembered, and the mailbox is empty under a new UIDVALIDITY", remembered))
}
