// Package gate lets operators in: programs by a token, people by the page's password.
//
// Invariants:
//
//   - What is wrong costs time, is counted by address, and after so many from one address
//     nothing is looked at any more for a while (limits.failures_per_ip, or 20).
//   - Secrets are compared in a time that does not depend on them.
//   - Every refusal and every change is told to the audit trail.
package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
)

// Caller is who has been let in.
type Caller struct {
	Name  string // of the token; of the page's people there is one
	Via   string // api or page
	Write bool
	From  netip.Addr
}

// Refusals of callers.
var (
	ErrNobody = errors.New("there is no token, or it is not one of admin.tokens_file")
	ErrWrong  = errors.New("the password is wrong")
	ErrSpent  = errors.New("too many attempts from this address have failed; try again later")
)

// Gate lets operators in. It may be used by any number of goroutines.
type Gate struct {
	log     hclog.Logger
	backend backend.Backend // whose trail is told
	limiter *limiter.Limiter
	now     atomic.Pointer[settings]
}

// settings are what one configuration says.
type settings struct {
	admin    configs.Admin
	tokens   map[[sha256.Size]byte]configs.Token
	password [sha256.Size]byte
	limits   limiter.Limits
}

// New makes a Gate that lets nobody in until it is configured.
func New(log hclog.Logger, trail backend.Trail) *Gate {
	g := &Gate{log: log, backend: backend.Backend{Trail: trail}, limiter: limiter.New(false)}
	g.now.Store(&settings{})
	return g
}

// failuresPerAddress is how many attempts may fail where limits.failures_per_ip sets no
// limit: devices' failures may not be counted, but those of who may change everything are.
const failuresPerAddress = 20

// Configure takes a configuration, whose tokens were checked.
func (g *Gate) Configure(cfg *configs.Config) {
	s := &settings{
		admin: cfg.Admin, tokens: make(map[[sha256.Size]byte]configs.Token), password: sha256.Sum256([]byte(cfg.Admin.Password.Reveal())),
		limits: limiter.Limits{PerIP: cmp.Or(cfg.Limits.FailuresPerIP, failuresPerAddress), Window: cfg.Limits.FailureWindow, Delay: cfg.Limits.FailureDelay},
	}
	tokens, _ := cfg.Admin.Allowed()
	for _, t := range tokens {
		s.tokens[sha256.Sum256([]byte(t.Secret.Reveal()))] = t
	}
	g.now.Store(s)
}

// Config is what the current configuration says.
func (g *Gate) Config() configs.Admin { return g.now.Load().admin }

// HasPage reports whether there is a password that opens the page.
func (g *Gate) HasPage() bool { return !g.Config().Password.Empty() }

// Mark tells the page's password from another one, and not what it is: who has logged in
// with one is out when it was changed.
func (g *Gate) Mark() [sha256.Size]byte {
	password := g.now.Load().password
	return sha256.Sum256(password[:])
}

// Client is the address of who asks. Where people come by a proxy on this machine that
// speaks TLS, it is what that proxy has seen, which it puts last.
func (g *Gate) Client(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	client := peer.Addr().Unmap()
	if a := g.Config(); client.IsLoopback() && a.Certificate == "" && a.Secure() {
		seen := r.Header.Values("X-Forwarded-For")
		if len(seen) > 0 {
			last := seen[len(seen)-1]
			if forwarded, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err == nil {
				return forwarded.Unmap()
			}
		}
	}
	return client
}

// Token lets a program in that brings a token (RFC 6750 §2.1).
func (g *Gate) Token(r *http.Request) (Caller, error) {
	s, from := g.now.Load(), g.Client(r)
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		text = ""
	}
	// Looked up by its digest, so that the time says nothing of its octets.
	t, ok := s.tokens[sha256.Sum256([]byte(strings.TrimSpace(text)))]
	if err := g.judge(r.Context(), s, from, "api", ok, text != "", ErrNobody); err != nil {
		return Caller{}, err
	}
	return Caller{Name: t.Name, Via: "api", Write: t.Write, From: from}, nil
}

// Password lets a person in.
func (g *Gate) Password(r *http.Request, password string) (Caller, error) {
	s, from := g.now.Load(), g.Client(r)
	given := sha256.Sum256([]byte(password))
	ok := subtle.ConstantTimeCompare(given[:], s.password[:]) == 1 && !s.admin.Password.Empty()
	err := g.judge(r.Context(), s, from, "page", ok, true, ErrWrong)
	c := g.Person(r)
	if err == nil {
		err = g.backend.Tell(backend.Event{Kind: backend.EventLogin, By: c.Name, Via: c.Via, From: from.String(), Result: backend.ResultDone})
	}
	return c, err
}

// Owner lets somebody in who brings a link of their own, where it is a good one: what is
// wrong is counted like a password.
func (g *Gate) Owner(r *http.Request, good bool, refusal error) (Caller, error) {
	s, from := g.now.Load(), g.Client(r)
	err := g.judge(r.Context(), s, from, "link", good, true, refusal)
	return Caller{Name: "owner", Via: "link", Write: true, From: from}, err
}

// Person is who has logged in to the page.
func (g *Gate) Person(r *http.Request) Caller {
	return Caller{Name: "operator", Via: "page", Write: true, From: g.Client(r)}
}

// judge counts what is wrong, tells of it and holds the answer back. What was not tried is
// not counted.
func (g *Gate) judge(ctx context.Context, s *settings, from netip.Addr, via string, ok, tried bool, refusal error) error {
	if g.limiter.Spent(s.limits, from) {
		g.tellRefused(from, via, ErrSpent)
		return ErrSpent
	}
	switch {
	case ok:
		return nil
	case !tried:
		return refusal
	}
	delay := g.limiter.Fail(s.limits, from)
	g.tellRefused(from, via, refusal)
	select {
	case <-time.After(delay):
	case <-ctx.Done():
	}
	return refusal
}

func (g *Gate) tellRefused(from netip.Addr, via string, why error) {
	g.log.Warn("an operator's login was refused", "via", via, "client", from.String(), "cause", why)
	_ = g.backend.Tell(backend.Event{Kind: backend.EventRefused, Via: via, From: from.String(), Result: backend.ResultRefused, Cause: why.Error()})
}

// ErrReadOnly refuses a change.
var ErrReadOnly = errors.New(`the token may read; a change needs one with "write"`)

// Refuse tells that a change was not begun, and why.
func (g *Gate) Refuse(c Caller, e backend.Event, why error) {
	e.By, e.Via, e.From = c.Name, c.Via, c.From.String()
	e.Kind, e.Result, e.Cause = backend.EventAct, backend.ResultRefused, why.Error()
	g.log.Warn("an operator's change was refused", "by", c.Name, "via", c.Via, "client", e.From, "act", e.Act, "cause", why)
	_ = g.backend.Tell(e)
}

// Act does what a caller asks for, and writes it down.
func (g *Gate) Act(c Caller, e backend.Event, do func() error) error {
	if !c.Write {
		g.Refuse(c, e, ErrReadOnly)
		return ErrReadOnly
	}
	e.By, e.Via, e.From = c.Name, c.Via, c.From.String()
	err := g.backend.Act(e, do)
	args := []any{"by", c.Name, "via", c.Via, "client", e.From, "act", e.Act, "account", limiter.LogName(e.Account)}
	if e.Device != "" {
		args = append(args, "device", limiter.LogName(e.Device))
	}
	if err != nil {
		args = append(args, "error", err)
	}
	g.log.Info("an operator's change", args...)
	return err
}
