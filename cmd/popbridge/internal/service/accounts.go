package service

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/oauth"
	"popbridge/proxy/route"
)

// Logins are the logins upstream that an account's routes lead to, whatever its
// device, each once.
func Logins(cfg *configs.Config, account string) (logins []backend.Request) {
	for _, t := range route.Upstreams(cfg, account) {
		logins = append(logins, backend.Request{
			Upstream: t.Upstream, Maildrop: t.Maildrop, Account: t.UpstreamLogin, Client: netip.IPv6Loopback(), Log: hclog.NewNullLogger(),
		})
	}
	return logins
}

// Agreements are those of an account's logins upstream that need its owner's word, on
// one upstream alone where that is named.
func Agreements(cfg *configs.Config, account, upstream string) (logins []backend.Request) {
	for _, l := range Logins(cfg, account) {
		if u := l.Upstream; u.Auth == configs.AuthOAuth2 && u.OAuth2.Flow.NeedsOwner() && (upstream == "" || u.Name == upstream) {
			logins = append(logins, l)
		}
	}
	return logins
}

// AuthorizeAccount asks an account's owner, waits, and logs in once to see that it
// works: somebody else may have signed in.
func (u Upstreams) AuthorizeAccount(ctx context.Context, login backend.Request, owner oauth.Owner) error {
	if err := u.Tokens.Authorize(ctx, login.Upstream, login.Account, owner); err != nil {
		return err
	}
	for _, f := range u.ProbeAccount(ctx, login) {
		if f.Err != nil {
			return fmt.Errorf("it is authorized, but the mailbox cannot be opened; did someone other than %s sign in? %w", login.Account, f.Err)
		}
	}
	return nil
}

// LogoutAccount forgets what an account's owner has agreed to and has every popbridge
// that shares the ledger end what runs of it. It gives how many agreements there were.
func (u Upstreams) LogoutAccount(ctx context.Context, cfg *configs.Config, store *ledger.Store, account string) (forgotten int, err error) {
	for _, l := range Logins(cfg, account) {
		had, err := u.Tokens.Logout(ctx, l.Upstream, l.Account)
		if err != nil {
			return forgotten, err
		}
		if had {
			forgotten++
		}
	}
	// Only now: a login that begins behind it finds nothing any more.
	return forgotten, store.Events.Publish(ctx, events.Event{Kind: events.Logout, Account: account})
}
