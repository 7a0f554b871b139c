package proxy

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Which names have a route must not show in the time of a refusal: a login without
// one costs what it would cost with one. What the ledger and PBKDF2 cost is done for
// it; what an upstream takes to refuse a password is waited for instead, since a
// password must not go to a server that is not its account's, and an upstream that
// sees every scanner's names would shut popbridge out. Only where it is not known
// how long an upstream takes now, it is asked for a name that nobody has.

// refuseAlike refuses a login that has no route as one would be refused that had
// some other's. why is for the log.
func (s *session) refuseAlike(ctx context.Context, login translate.Login, c credential, why error) error {
	refusal := translate.Refuse(noWay(why))
	r, ok := s.lookalike(login)
	if !ok || refusal.Code != translate.CodeAuth {
		return refusal
	}
	with, _, err := s.examine(ctx, r.Login, login, c)
	switch {
	case err != nil && translate.Refuse(err).Code != translate.CodeAuth:
		return err
	case err != nil || with == onward{}:
		return refusal
	}
	key := paceKey{r.Upstream, !with.bearer.Empty()}
	if took, known := s.server.paces.pick(key); known {
		t := time.NewTimer(took)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		return refusal
	}
	if err := s.askForNobody(ctx, r, login, key.bearer); err != nil && translate.Refuse(err).Code != translate.CodeAuth {
		return err
	}
	return refusal
}

// lookalike gives a route that a name without one could have: always the same, as a
// route of its own would be.
func (s *session) lookalike(login translate.Login) (configs.Route, bool) {
	routes := s.served()
	if len(routes) == 0 {
		return configs.Route{}, false
	}
	print := s.server.guard.printOf("alike", login.Account)
	return routes[binary.BigEndian.Uint64(print[:])%uint64(len(routes))], true
}

// askForNobody has an upstream refuse a name and a password that are made up.
func (s *session) askForNobody(ctx context.Context, r configs.Route, login translate.Login, bearer bool) error {
	u := s.config.Upstream[r.Upstream]
	if u.VerifyLogin != "" {
		u = s.config.Upstream[u.VerifyLogin]
	}
	u.Reuse = 0
	drop := s.config.Maildrop[r.Maildrop].On(u)
	drop.OnDelete = translate.DeleteHide // no mailbox for deleted messages is looked for
	nobody := translate.Login{Account: rand.Text() + login.Expand("@{domain}")}
	request := Request{Upstream: u, Maildrop: drop, Account: nobody.Account, Owner: nobody, Client: s.client, Log: s.log}
	if made := configs.NewSecret(rand.Text()); bearer {
		request.Bearer = made
	} else {
		request.Password = made
	}
	start := time.Now()
	mailbox, err := s.server.backend.OpenMailbox(ctx, request)
	s.server.paces.note(paceKey{r.Upstream, bearer}, time.Since(start), err)
	if err == nil {
		err = mailbox.Close()
	}
	return err
}

// paces remember how long upstreams took, when they were last asked, to refuse a
// password.
type paces struct {
	mu sync.Mutex
	of map[paceKey]*pace
}

type paceKey struct {
	upstream string
	bearer   bool
}

// pacesKept are how many times are remembered of one upstream.
const pacesKept = 16

type pace struct {
	took [pacesKept]time.Duration
	n    int // that were ever put into it
}

func newPaces() *paces { return &paces{of: make(map[paceKey]*pace)} }

// note takes the end of a login upstream. An upstream that has trouble has to be
// asked again: what it will say to the next is not known.
func (p *paces) note(key paceKey, took time.Duration, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch translate.Refuse(err).Code {
	case translate.CodeAuth:
		of := p.of[key]
		if of == nil {
			of = &pace{}
			p.of[key] = of
		}
		of.took[of.n%pacesKept] = took
		of.n++
	case translate.CodeSysTemp:
		delete(p.of, key)
	}
}

// pick gives one of the times, and false where there are none.
func (p *paces) pick(key paceKey) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.of[key]
	if of == nil {
		return 0, false
	}
	var random [1]byte
	_, _ = rand.Read(random[:]) // never fails
	return of.took[int(random[0])%min(of.n, pacesKept)], true
}
