package clerk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/route"
	"popbridge/proxy/undelete"
	"popbridge/proxy/upstream/imapbox"
)

// Deletions is desk.Desk's. Where there are none the account has at least to be known, or
// it may be mistyped.
func (c *Clerk) Deletions(ctx context.Context, name string, q desk.DeletionQuery) ([]desk.Deletion, error) {
	account, err := c.AccountName(name)
	if err != nil {
		return nil, err
	}
	entries, err := c.known(ctx, account, q)
	return listed(entries), err
}

func (c *Clerk) known(ctx context.Context, account string, q desk.DeletionQuery) ([]ledger.Entry, error) {
	entries, err := c.journal(ctx, account, q)
	if err == nil && len(entries) == 0 {
		_, err = c.Store.Account(ctx, account)
	}
	return entries, unknown(err)
}

// journal gives the chosen lines of the journal.
func (c *Clerk) journal(ctx context.Context, account string, q desk.DeletionQuery) ([]ledger.Entry, error) {
	id := q.MessageID
	if id != "" && !strings.HasPrefix(id, "<") {
		id = "<" + id + ">"
	}
	return c.Store.Deletions(ctx, account, ledger.Filter{Since: q.Since, MessageID: id, Device: q.Device, Last: q.Last, Before: q.Before, Line: q.Line})
}

func listed(entries []ledger.Entry) []desk.Deletion {
	list := make([]desk.Deletion, len(entries))
	for i, e := range entries {
		list[i] = desk.Deletion{
			Line: e.Line, At: e.At, Device: e.Device, Client: e.Client, Maildrop: e.Maildrop, Upstream: e.Upstream, Mailbox: e.Mailbox,
			UIDValidity: e.UIDValidity, UID: e.UID, UniqueID: e.UniqueID, MessageID: e.MessageID, Octets: e.Octets,
			Action: e.Action.String(), To: imapbox.MailboxName(e.To), ToUID: e.ToUID, Restored: e.Restored,
		}
	}
	return list
}

// Undelete is desk.Desk's.
func (c *Clerk) Undelete(ctx context.Context, name string, u desk.Undelete) (r desk.Restored, err error) {
	account, err := c.AccountName(name)
	if err != nil {
		return r, err
	}
	if u.Password == "" {
		upstream, err := c.WantsPassword(ctx, account)
		if err != nil {
			return r, err
		}
		if upstream != "" {
			return r, invalid(fmt.Errorf("upstream %q needs the account's password", upstream))
		}
	}
	entries, err := c.known(ctx, account, u.DeletionQuery)
	if err != nil {
		return r, err
	}
	pool, done := c.Pool()
	defer done()
	restorer := undelete.Restorer{
		Config: c.Config(), Store: c.Store, Pool: pool, Account: account, Login: u.Login, Password: configs.NewSecret(u.Password), DryRun: u.DryRun,
	}
	lines, unopened, err := restorer.Restore(ctx, entries)
	if err != nil {
		return r, &desk.Fault{Kind: desk.Conflict, Err: err}
	}
	r = desk.Restored{Messages: make([]desk.Undeleted, len(lines)), DryRun: u.DryRun}
	for i, l := range lines {
		m := desk.Undeleted{Deletion: listed([]ledger.Entry{l.Entry})[0], BroughtBack: l.Err == nil && !u.DryRun, Result: l.Result}
		if l.Err != nil {
			m.Result, m.Failed, m.Unopened = l.Err.Error(), true, errors.As(l.Err, new(undelete.Unopened))
			r.Failed++
		}
		r.Messages[i] = m
	}
	for _, u := range unopened {
		r.Unopened = append(r.Unopened, u.Error())
	}
	return r, nil
}

// WantsPassword names an upstream that an account is logged in to with its own password;
// empty where popbridge gets in without.
func (c *Clerk) WantsPassword(ctx context.Context, account string) (upstream string, err error) {
	cfg, err := c.RoutesOf(ctx, account)
	if err != nil {
		return "", err
	}
	for _, t := range route.Upstreams(cfg, account) {
		if t.Upstream.Auth.NeedsPassword() {
			return t.Upstream.Name, nil
		}
	}
	return "", nil
}
