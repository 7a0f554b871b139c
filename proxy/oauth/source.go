package oauth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/translate"
)

// Vault keeps secrets from one process to the next.
type Vault interface {
	// Secret gives a secret, nil where there is none.
	Secret(ctx context.Context, kind, account, name string) ([]byte, error)
	// PutSecret is durable when it returns nil.
	PutSecret(ctx context.Context, kind, account, name string, secret []byte) error
	// SwapSecret is PutSecret where old is there still; it reports whether it was.
	SwapSecret(ctx context.Context, kind, account, name string, old, secret []byte) (bool, error)
	// DropSecret takes it away, if there is one.
	DropSecret(ctx context.Context, kind, account, name string) error
}

// Source is where access tokens come from. It may be used by any number of
// goroutines. Close it.
type Source struct {
	// Heard is told, from any goroutine, of an owner's authorization that is refused or about
	// to end; nil: nobody is. It is set before the first token is asked for.
	Heard func(Trouble)

	vault  Vault
	log    hclog.Logger
	ctx    context.Context // of what outlasts the session that has begun it
	cancel context.CancelFunc
	asking sync.WaitGroup

	mu      sync.Mutex
	held    map[string]held
	flights map[string]*flight
	refused map[string]refusedGrant
	forgets int // how often everything was forgotten
}

// Trouble is an owner's authorization that is refused, or that ends.
type Trouble struct {
	Upstream, Account string
	Cause             string    // why it is refused
	Ends              time.Time // when it ends; zero: it is refused
}

func (s *Source) tell(t Trouble) {
	if s.Heard != nil {
		s.Heard(t)
	}
}

// held is a token in memory.
type held struct {
	token          configs.Secret
	since, expires time.Time
}

// flight is a question that is being asked; done is closed when it is answered.
type flight struct {
	done    chan struct{}
	forgets int // Source.forgets when it began
	token   configs.Secret
	err     error
}

// New makes a Source. What the owners of accounts have agreed to is in the vault.
func New(log hclog.Logger, vault Vault) *Source {
	ctx, cancel := context.WithCancel(context.Background())
	return &Source{
		vault: vault, log: log.Named("oauth"), ctx: ctx, cancel: cancel,
		held: make(map[string]held), flights: make(map[string]*flight), refused: make(map[string]refusedGrant),
	}
}

// Close gives up what is being asked.
func (s *Source) Close() {
	s.cancel()
	s.asking.Wait()
}

// Forget has every token be looked for anew, after an account was logged out. What
// is being asked for is not kept.
func (s *Source) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgets++
	clear(s.held)
	clear(s.refused)
}

// maxHeld bounds the tokens in memory; those whose time is over go first.
const maxHeld = 10_000

// Token gives an access token for an account of an upstream. refused is one that
// the server did not want, empty for none: then another is given, unless that one
// is so new that the token is not what is wrong. Its errors are Refusals.
func (s *Source) Token(ctx context.Context, u configs.Upstream, account string, refused configs.Secret) (configs.Secret, error) {
	key := grantKey(u, account)
	for {
		h, f, stale := s.look(key, u, account, refused)
		if f == nil {
			return h.token, nil
		}
		select {
		case <-f.done:
			if !stale {
				return f.token, f.err
			}
		case <-ctx.Done():
			return configs.Secret{}, translate.Temporary(fmt.Errorf("waiting for an access token: %w", context.Cause(ctx)))
		}
	}
}

// look gives a token in memory that will do, else the question that is being
// asked, which it begins if need be. One that was begun before everything was
// forgotten is stale: its answer is not for who comes now, but the refresh token
// that it uses must not be used twice.
func (s *Source) look(key string, u configs.Upstream, account string, refused configs.Secret) (h held, f *flight, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if h, ok := s.held[key]; ok && h.fresh(now) && (h.token.Reveal() != refused.Reveal() || h.young(now)) {
		return h, nil, false
	}
	f = s.flights[key]
	if f == nil {
		f = &flight{done: make(chan struct{}), forgets: s.forgets}
		s.flights[key] = f
		// The question is not the session's: others wait for the answer too.
		s.asking.Go(func() { s.fly(key, f, u, account, refused) })
	}
	return held{}, f, f.forgets != s.forgets
}

// fly asks, and keeps the answer.
func (s *Source) fly(key string, f *flight, u configs.Upstream, account string, refused configs.Secret) {
	ctx, cancel := context.WithTimeout(s.ctx, u.Timeout)
	defer cancel()
	g := &grant{s: s, key: key, upstream: u, account: account}
	h, err := g.fetch(ctx, refused)
	if err != nil {
		err = g.refuse(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flights, key)
	if f.token, f.err = h.token, err; err == nil && f.forgets == s.forgets {
		s.keep(key, h)
	}
	close(f.done)
}

// keep puts a token into memory; the caller holds the lock.
func (s *Source) keep(key string, h held) {
	delete(s.refused, key)
	s.held[key] = h
	now := time.Now()
	for other, h := range s.held {
		if len(s.held) <= maxHeld {
			break
		}
		if other != key && (!h.fresh(now) || len(s.held) > maxHeld) {
			delete(s.held, other)
		}
	}
}

const (
	// unsaid is the life of a token whose server does not say how long it is.
	unsaid = 5 * time.Minute
	// latest is how long before its end a token is replaced at the latest. A token
	// must outlast the login that it is used for.
	latest = time.Minute
	// lag is how much of a token's life may have passed on its way.
	lag = time.Second
)

func newHeld(token string, since, expires time.Time) held {
	if expires.IsZero() {
		expires = since.Add(unsaid)
	}
	return held{token: configs.NewSecret(token), since: since, expires: expires}
}

// fresh reports whether a login that begins now can be sure of the token. One that
// was kept while a clock was ahead says nothing of its end.
func (h held) fresh(now time.Time) bool {
	life := h.expires.Sub(h.since)
	return !h.token.Empty() && h.since.Before(now.Add(latest)) && now.Add(min(max(life/10, lag), latest)).Before(h.expires)
}

// young reports whether another token would be refused too: this one was given out
// just now.
func (h held) young(now time.Time) bool {
	return now.Sub(h.since) < min(h.expires.Sub(h.since)/2, 30*time.Second)
}

// grantKey tells apart what has tokens of its own: the way to get them, and the
// account, but where an application has one token for all.
func grantKey(u configs.Upstream, account string) string {
	o := u.OAuth2
	if o.Flow == configs.FlowClientCredentials {
		account = ""
	}
	return strings.Join(append([]string{
		account, u.Name, o.Flow.String(), o.TokenURL, o.ClientID, o.ClientSecret.Reveal(), o.KeyFile, o.ClientCertificate, o.ClientAssertionFile,
	}, o.Scopes...), "\x00")
}
