package clerk

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

// maxReason bounds an operator's note, in octets.
const maxReason = 200

// Disable is desk.Desk's. The account need not have logged in yet.
func (c *Clerk) Disable(ctx context.Context, name, reason string) (d desk.Disabled, err error) {
	if len(reason) > maxReason {
		return d, invalid(fmt.Errorf("the reason has %d octets; %d at most", len(reason), maxReason))
	}
	account, err := c.AccountName(name)
	if err != nil {
		return d, err
	}
	r, err := c.roll(ctx, account)
	if err != nil {
		return d, err
	}
	d = desk.Disabled{Account: account, Reason: reason, Sessions: len(r.Sessions), Silent: r.Silent}
	if d.Before, err = c.Store.Progress.Disable(ctx, account, reason); err != nil {
		return d, err
	}
	if c.Here != nil && c.Store.Kind() == ledger.DriverMemory {
		c.Here.Apply(events.Event{Kind: events.Disabled, Account: account})
	}
	if _, err := c.Store.Account(ctx, account); errors.Is(err, ledger.ErrUnknown) {
		d.Unseen = true
	} else if err != nil {
		return d, err
	}
	return d, nil
}

// Enable is desk.Desk's.
func (c *Clerk) Enable(ctx context.Context, name string) (e desk.Enabled, err error) {
	account, err := c.AccountName(name)
	if err != nil {
		return e, err
	}
	before, err := c.Store.Progress.Enable(ctx, account)
	if err == nil && !before {
		err = &desk.Fault{Kind: desk.Conflict, Err: fmt.Errorf("account %q is not disabled", account)}
	}
	return desk.Enabled{Account: account}, err
}
