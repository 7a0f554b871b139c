package migration

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
	"popbridge/translate"
)

// Site is the place where accounts are moved: the operator's configuration, its
// upstreams, and what the ledger remembers of the mailboxes there. It may be used
// by any number of goroutines.
type Site struct {
	Config *configs.Config
	// Ask asks the directory of a lookup block; see route.Fill.
	Ask route.Ask
	// OpenMailbox logs in upstream, as the service does.
	OpenMailbox func(context.Context, backend.Request) (backend.Mailbox, error)
	Ledger      *ledger.Store
	// Client is what upstreams are told of where the login comes from.
	Client netip.Addr
	Log    hclog.Logger
}

// on finds where an account's mail lies on a named upstream, as directories say too.
func (s *Site) on(ctx context.Context, upstream, account string) (route.Target, error) {
	cfg, err := route.Fill(ctx, s.Config, route.Attempt{Login: translate.Login{Account: account}}, s.Ask)
	if err != nil {
		return route.Target{}, translate.Cause(err)
	}
	return route.On(cfg, upstream, account)
}

// Where gives an account's mailbox on a named upstream, as the ledger names it.
func (s *Site) Where(ctx context.Context, upstream, account string) (translate.Box, error) {
	d, err := s.on(ctx, upstream, account)
	if err != nil {
		return translate.Box{}, err
	}
	return d.Box(), nil
}

// Open opens an account's mailbox on a named upstream, which the caller closes.
// It is to look at: nothing that is done with it is a device's doing.
func (s *Site) Open(ctx context.Context, upstream string, a Account) (backend.Mailbox, error) {
	d, err := s.on(ctx, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, d, a, backend.ToLook)
}

// errNoPassword says that nobody can log in for an account.
var errNoPassword = errors.New("there is no password for the account")

func (s *Site) open(ctx context.Context, d route.Target, a Account, use backend.Use) (backend.Mailbox, error) {
	if a.Password.Empty() && d.Upstream.Auth.NeedsPassword() {
		return nil, fmt.Errorf("%w, and upstream %q needs one", errNoPassword, d.Upstream.Name)
	}
	return s.OpenMailbox(ctx, backend.Request{
		Upstream: d.Upstream, Maildrop: d.Maildrop, Account: d.UpstreamLogin, Password: a.Password, Use: use, Client: s.Client, Log: s.Log,
	})
}
