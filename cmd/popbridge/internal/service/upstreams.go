package service

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/lookup"
	"popbridge/proxy/oauth"
	"popbridge/proxy/route"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/proxy/upstream/pop3box"
	"popbridge/proxy/upstream/relay"
	"popbridge/translate"
)

// Upstreams are the connections of a process to servers, the access tokens to log in
// with, and the directories that know where accounts go.
type Upstreams struct {
	dialer *upstream.Dialer
	IMAP   *imapbox.Pool
	POP3   *pop3box.Pool
	Relay  *relay.Pool
	Tokens *oauth.Source
	Lookup *lookup.Directories
}

// NewUpstreams keeps tokens in the ledger. Close them before it.
func NewUpstreams(log hclog.Logger, store *ledger.Store) Upstreams {
	return newUpstreams(log, vault{store.Secrets})
}

// UpstreamsWithout keeps no tokens, for which there is a reason.
func UpstreamsWithout(log hclog.Logger, why error) Upstreams { return newUpstreams(log, noVault{why}) }

func newUpstreams(log hclog.Logger, kept oauth.Vault) Upstreams {
	d := upstream.NewDialer()
	u := Upstreams{d, imapbox.NewPool(d), pop3box.NewPool(d), relay.NewPool(d), oauth.New(log, kept), new(lookup.Directories)}
	u.IMAP.Authorize(u.Tokens)
	u.POP3.Authorize(u.Tokens)
	u.Relay.Authorize(u.Tokens)
	return u
}

// Measure has a Meter hear what happens from now on. Call it before the first login.
func (u Upstreams) Measure(m upstream.Meter) { u.dialer.Measure(m) }

// Configure tells of a configuration: what was read from files is read again, and
// connections end whose upstream is no longer the same.
func (u Upstreams) Configure(cfg *configs.Config) {
	u.dialer.Reload()
	u.IMAP.Configure(cfg)
	u.Relay.Configure(cfg)
	u.Lookup.Configure(cfg)
}

// RoutesOf gives the configuration with the routes of an account as its directories
// fill them in, for a device where that is named.
func (u Upstreams) RoutesOf(ctx context.Context, cfg *configs.Config, login translate.Login) (*configs.Config, error) {
	cfg, err := route.Fill(ctx, cfg, route.Attempt{Login: login}, u.Lookup.Ask)
	if err != nil {
		return nil, translate.Cause(err)
	}
	return cfg, nil
}

// OpenMailbox opens a mailbox on an IMAP server or an old POP3 server, as a session
// asks for it.
func (u Upstreams) OpenMailbox(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
	if r.Upstream.Protocol == configs.ProtocolPOP3 {
		m, err := u.POP3.Open(ctx, r)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	m, err := u.IMAP.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// kept reports whether a connection waits that OpenMailbox would try for a request, and the
// ledger can be asked with the lock whether the login may go on with it.
func (s *Service) kept(r backend.Request) bool {
	return s.store.Joins() && r.Upstream.Protocol != configs.ProtocolPOP3 && s.pool.IMAP.Kept(r)
}

// OpenRelay logs in to a submission server.
func (u Upstreams) OpenRelay(ctx context.Context, r backend.Request) (backend.Relay, error) {
	c, err := u.Relay.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Probe looks at an upstream without logging in.
func (u Upstreams) Probe(ctx context.Context, of configs.Upstream, drops []configs.Maildrop) []upstream.Finding {
	if of.Protocol == configs.ProtocolPOP3 {
		return pop3box.Probe(ctx, of)
	}
	return imapbox.Probe(ctx, of, drops)
}

// ProbeSubmission looks at the server that takes an upstream's mail, without a login.
func (u Upstreams) ProbeSubmission(ctx context.Context, of configs.Upstream) []upstream.Finding {
	return relay.Probe(ctx, of)
}

// ProbeAccount logs in and lists.
func (u Upstreams) ProbeAccount(ctx context.Context, r backend.Request) []upstream.Finding {
	if r.Upstream.Protocol == configs.ProtocolPOP3 {
		return u.POP3.ProbeAccount(ctx, r)
	}
	return u.IMAP.ProbeAccount(ctx, r)
}

// Close ends what is parked and what is being asked.
func (u Upstreams) Close() {
	u.IMAP.Close()
	u.Relay.Close()
	u.Tokens.Close()
	u.Lookup.Close()
}

// vault keeps tokens in the ledger, whose word for nothing is an error.
type vault struct{ *secrets.Store }

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
