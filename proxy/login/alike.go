package login

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/route"
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
func (a *attempt) refuseAlike(ctx context.Context, why error) error {
	refusal := translate.Refuse(refuseLost(why))
	r, ok := a.lookalike()
	if !ok || refusal.Code != translate.CodeAuth {
		return refusal
	}
	with, _, err := a.examine(ctx, r.Login, a.login)
	switch {
	case err != nil && translate.Refuse(err).Code != translate.CodeAuth:
		return err
	case err != nil || with == upstreamCredential{}:
		return refusal
	}
	key := a.paceKey(r.Upstream, with.bearer)
	if took, known := a.paces.pick(key); known {
		t := time.NewTimer(took)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		return refusal
	}
	if err := a.askForNobody(ctx, r, key); err != nil && translate.Refuse(err).Code != translate.CodeAuth {
		return err
	}
	return refusal
}

// lookalike gives a route that a name without one could have: always the same, as a
// route of its own would be.
func (a *attempt) lookalike() (configs.Route, bool) {
	routes := route.Reachable(a.Config, a.Listener.Name, a.Client)
	if a.Listener.Protocol == configs.DeviceSMTP {
		// Where nothing can be sent nobody is refused for a password.
		routes = slices.DeleteFunc(routes, func(r configs.Route) bool { return a.Config.Upstream[r.Upstream].Submission.Address == "" })
	}
	if len(routes) == 0 {
		return configs.Route{}, false
	}
	return routes[a.limiter.Draw(a.login.Account, len(routes))], true
}

// askForNobody has an upstream refuse a name and a password that are made up.
func (a *attempt) askForNobody(ctx context.Context, r configs.Route, key paceKey) error {
	u, open := a.Config.Upstream[r.Upstream], a.Open
	if u.VerifyLogin != "" {
		u, open = a.Config.Upstream[u.VerifyLogin], a.openMailbox
	}
	nobody := translate.Login{Account: rand.Text() + a.login.Expand("@{domain}")}
	request := backend.Request{
		Upstream: u, Maildrop: a.Config.Maildrop[r.Maildrop].On(u), Account: nobody.Account, Owner: nobody, Use: backend.ToLook, Client: a.Client, Log: a.Log,
	}
	if made := configs.NewSecret(rand.Text()); key.bearer {
		request.Bearer = made
	} else {
		request.Password = made
	}
	start := time.Now()
	opened, err := open(ctx, request)
	a.paces.note(key, time.Since(start), err)
	if err == nil {
		err = opened.Close()
	}
	return err
}

// openMailbox logs in to the server of an upstream's mailboxes.
func (a *attempt) openMailbox(ctx context.Context, r backend.Request) (io.Closer, error) {
	return a.backend.OpenMailbox(ctx, r)
}
