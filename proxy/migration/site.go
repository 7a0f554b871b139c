package migration

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy"
	"popbridge/translate"
)

// Site is the place where accounts are moved: the operator's configuration, its
// upstreams, and what the ledger remembers of the mailboxes there. It may be used
// by any number of goroutines.
type Site struct {
	Config *configs.Config
	// OpenMailbox logs in upstream, as the service does.
	OpenMailbox func(context.Context, proxy.Request) (proxy.Mailbox, error)
	Ledger      Ledger
	// Client is what upstreams are told of where the login comes from.
	Client netip.Addr
	Log    hclog.Logger
}

// Ledger is what a migration reads and writes.
type Ledger interface {
	// Recall gives what is remembered of a mailbox; a zero UIDVALIDITY: nothing.
	Recall(context.Context, translate.Box) (translate.Inventory, error)
	// Learn adds to what an Inventory says; durable when it returns. It fails with
	// translate.ErrOvertaken where somebody else has written since.
	Learn(context.Context, translate.Inventory, translate.Facts) (translate.Inventory, error)
	// KeepMatch keeps which messages of two mailboxes are the same.
	KeepMatch(context.Context, translate.Concordance) error
}

// Where gives an account's mailbox on a named upstream, as the ledger names it.
func (s *Site) Where(upstream, account string) (translate.Box, error) {
	d, err := proxy.DestinationOn(s.Config, upstream, account)
	if err != nil {
		return translate.Box{}, err
	}
	return translate.Box{Upstream: upstream, Login: d.Login, Mailbox: d.Maildrop.Mailbox}, nil
}

// Open opens an account's mailbox on a named upstream, which the caller closes.
// Nothing that is done with it is a device's doing: on_delete is hide there, so
// that no mailbox for deleted messages is looked for.
func (s *Site) Open(ctx context.Context, upstream string, a Account) (proxy.Mailbox, error) {
	d, err := proxy.DestinationOn(s.Config, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	if a.Password.Empty() && (d.Upstream.Auth == configs.AuthPassword || d.Upstream.Auth == configs.AuthSCRAM) {
		return nil, fmt.Errorf("there is no password for the account, and upstream %q needs one", upstream)
	}
	d.Maildrop.OnDelete = translate.DeleteHide
	d.Upstream.Reuse = 0 // thousands of accounts, and each comes once
	return s.OpenMailbox(ctx, proxy.Request{
		Upstream: d.Upstream, Maildrop: d.Maildrop, Account: d.Login, Password: a.Password, Client: s.Client, Log: s.Log,
	})
}
