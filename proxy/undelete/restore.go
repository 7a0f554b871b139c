package undelete

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/route"
	"popbridge/proxy/upstream/imapbox"
)

// Restorer brings messages of one account back.
type Restorer struct {
	Config   *configs.Config
	Store    *ledger.Store
	Pool     *imapbox.Pool
	Account  string
	Login    string // instead of the account's own, empty for none
	Password configs.Secret
	DryRun   bool // only say what would be brought back

	unopened []Unopened
}

// Line is a line of the journal and what became of it.
type Line struct {
	ledger.Entry
	Result string
	Err    error // not nil: the message was not brought back
}

// fail keeps the first error: it says why.
func (l *Line) fail(err error) {
	if l.Err == nil {
		l.Err = err
	}
}

// Restore brings back what lines of the journal tell of, and gives them with what
// became of each. Lines that were brought back before are left out, and it is an
// error where none is left. Unopened mailboxes are given once more, each once.
func (r *Restorer) Restore(ctx context.Context, entries []ledger.Entry) ([]*Line, []Unopened, error) {
	var lines []*Line
	for _, e := range entries {
		if e.Restored.IsZero() {
			lines = append(lines, &Line{Entry: e})
		}
	}
	switch {
	case len(lines) > 0:
	case len(entries) == 0:
		return nil, nil, errors.New("the journal has no such deletion")
	case len(entries) == 1:
		return nil, nil, errors.New("nothing is left to bring back: 1 message has already been brought back")
	default:
		return nil, nil, fmt.Errorf("nothing is left to bring back: %d messages have already been brought back", len(entries))
	}
	for _, group := range groups(lines) {
		if err := r.group(ctx, group); err != nil {
			for _, l := range group {
				l.fail(err)
			}
		}
	}
	return lines, r.unopened, nil
}

// groups are lines of one action in one mailbox, in the order of their first.
func groups(lines []*Line) (list [][]*Line) {
	type key struct{ maildrop, upstream, login, mailbox, action string }
	where := make(map[key]int)
	for _, l := range lines {
		k := key{l.Page, l.Upstream, l.Login, l.Mailbox, l.Action.String()}
		i, ok := where[k]
		if !ok {
			i = len(list)
			where[k] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], l)
	}
	return list
}

// request says which mailbox a group is in, as the session had it that deleted.
func (r *Restorer) request(l *Line) (backend.Request, error) {
	u, ok := r.Config.Upstream[l.Upstream]
	if !ok {
		return backend.Request{}, fmt.Errorf("upstream %q is not in the configuration any more", l.Upstream)
	}
	drop, ok := r.Config.Maildrop[route.Block(l.Maildrop)]
	if !ok {
		drop = configs.Maildrop{Name: l.Maildrop}
	}
	drop.Mailbox, drop.OnDelete = configs.Mailboxes{l.Mailbox}, l.Action
	req := backend.Request{Upstream: u, Maildrop: drop, Account: l.Login, Password: r.Password, Client: netip.IPv6Loopback(), Log: hclog.NewNullLogger()}
	if r.Login != "" {
		req.Account = r.Login
	}
	return req, nil
}
