package service

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/oauth"
	"popbridge/proxy/upstream"
)

// Upstreams are the connections of a process to servers, and the access tokens to
// log in with.
type Upstreams struct {
	*upstream.Pool
	Tokens *oauth.Source
}

// NewUpstreams keeps tokens in the ledger. Close them before it.
func NewUpstreams(log hclog.Logger, store *ledger.Store) Upstreams {
	return UpstreamsWith(log, vault{store})
}

// UpstreamsWith keeps tokens in another vault.
func UpstreamsWith(log hclog.Logger, kept oauth.Vault) Upstreams {
	u := Upstreams{upstream.NewPool(log), oauth.New(log, kept)}
	u.Authorize(u.Tokens)
	return u
}

// OpenMailbox opens a mailbox on an IMAP server or an old POP3 server, as a session
// asks for it.
func (u Upstreams) OpenMailbox(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
	if r.Upstream.Protocol == configs.ProtocolPOP3 {
		m, err := u.OpenOld(ctx, r)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	m, err := u.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Close ends what is parked and what is being asked.
func (u Upstreams) Close() {
	u.Pool.Close()
	u.Tokens.Close()
}

// vault keeps tokens in the ledger, whose word for nothing is an error.
type vault struct{ *ledger.Store }

// Secret gives a secret, nil where there is none.
func (v vault) Secret(ctx context.Context, kind, account, name string) ([]byte, error) {
	secret, err := v.Store.Secret(ctx, kind, account, name)
	if errors.Is(err, ledger.ErrUnknown) {
		return nil, nil
	}
	return secret, err
}

// DropSecret takes a secret away, if there is one.
func (v vault) DropSecret(ctx context.Context, kind, account, name string) error {
	err := v.Store.DropSecret(ctx, kind, account, name)
	if errors.Is(err, ledger.ErrUnknown) {
		return nil
	}
	return err
}
