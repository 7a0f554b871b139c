package main

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/oauth"
	"popbridge/proxy/upstream"
)

// upstreams are the connections of a process to servers, and the access tokens to
// log in with.
type upstreams struct {
	*upstream.Pool
	tokens *oauth.Source
}

// newUpstreams keeps tokens in the ledger. Close them before it.
func newUpstreams(log hclog.Logger, kept oauth.Vault) upstreams {
	u := upstreams{upstream.NewPool(log), oauth.New(log, kept)}
	u.Authorize(u.tokens)
	return u
}

// Close ends what is parked and what is being asked.
func (u upstreams) Close() {
	u.Pool.Close()
	u.tokens.Close()
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

// noVault says why there is no ledger to keep anything in.
type noVault struct{ why error }

func (n noVault) Secret(context.Context, string, string, string) ([]byte, error) { return nil, n.why }

func (n noVault) PutSecret(context.Context, string, string, string, []byte) error { return n.why }

func (n noVault) SwapSecret(context.Context, string, string, string, []byte, []byte) (bool, error) {
	return false, n.why
}

func (n noVault) DropSecret(context.Context, string, string, string) error { return n.why }

// ownWay reports whether popbridge logs in to an upstream without a password of the
// account.
func ownWay(u configs.Upstream) bool {
	return u.Auth == configs.AuthMaster || u.Auth == configs.AuthOAuth2
}
