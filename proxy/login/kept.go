package login

import (
	"context"
	"io"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// settledAccounts remember of accounts where their last login found them. A login that is
// likely to find the same asks for it with its lock.
type settledAccounts struct {
	mu       sync.Mutex
	upstream limiter.Recent[string, string] // that serves them whatever the routes say, by account
}

// settledKept is how many accounts are remembered at the same time: there are hardly more
// of whom a connection is kept.
const settledKept = 1 << 14

func newSettledAccounts() *settledAccounts {
	return &settledAccounts{upstream: limiter.NewRecent[string, string](settledKept)}
}

// of gives the upstream, empty for none, of an account that is remembered.
func (s *settledAccounts) of(account string) (upstream string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upstream.Get(account, 0, time.Hour)
}

// note takes what a login has found, and how it has ended: names that nobody has are not
// remembered.
func (s *settledAccounts) note(account string, w translate.Placement, err error) {
	if w.Held || w.Disabled {
		s.forget(account)
		return
	}
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream.Put(account, w.Upstream, 0, time.Hour)
}

func (s *settledAccounts) forget(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream.Drop(account)
}

// enterKept lets a login in whose connection upstream waits since its account's last poll,
// and was logged in with the very password that it shows. What the ledger has to be asked
// first of all it asks with the lock then, in one round trip: whether operators want
// anything, and where the account is. It gives nil where the login has to go the usual way,
// whatever the reason, and has left nothing behind.
//
// A wrong password finds no such connection, and all goes as it always does: nobody without
// the password can take the lock, or have the upstream hear of him. Of an account that is
// held nothing is tried that is not open already, and once: the usual way finds it held, and
// it is not settled any more. Else the time of the answer would tell a right password, as
// often as somebody likes to guess.
func (a *attempt) enterKept(ctx context.Context) io.Closer {
	request, ok := a.keptRequest()
	if !ok {
		return nil
	}
	a.Arrives(a.target)
	account := a.target.Upstream.Name + "\x00" + a.target.UpstreamLogin
	opened, err := a.limited(ctx, account, nil, func() (io.Closer, error) { return a.Open(ctx, request) })
	if err == nil {
		arrival := backend.Arrival{Upstream: a.target.MovedTo}
		if a.page, err = a.Lock(ctx, a.target, &arrival); err == nil {
			a.Arrived(arrival.At)
			return opened
		}
		a.page = nil
		if err := opened.Close(); err != nil {
			a.Log.Debug("closing the mailbox of a login that has to ask first", "upstream", a.target.Upstream.Name, "error", err)
		}
	}
	a.target, a.delay = route.Target{Login: a.login}, 0
	return nil
}

// keptRequest gives what enterKept asks for upstream, and sets the target; false where the
// login is not one of those. What only a directory, or the ledger, can tell of a credential
// or a route is no such login's.
func (a *attempt) keptRequest() (r backend.Request, ok bool) {
	c := a.credential
	if a.Lock == nil || a.Arrives == nil || a.backend.Arrive == nil || a.backend.Kept == nil || len(a.Config.Lookup) > 0 ||
		c.Never != nil || c.Proof != nil || c.Password.Empty() || !c.Bearer.Empty() {
		return r, false
	}
	movedTo, settled := a.settled.of(a.login.Account)
	if !settled {
		return r, false
	}
	t, err := route.Resolve(a.Config, route.Attempt{Login: a.login, Listener: a.Listener.Name, Client: a.Client, MovedTo: movedTo})
	if err != nil || t.LoginWith != configs.LoginUpstream || t.Upstream.VerifyLogin != "" || t.Maildrop.Mailbox.Several() {
		return r, false
	}
	r = a.request(t, upstreamCredential{password: c.Password})
	r.Owner, r.TargetsLater, r.Kept = t.Login, true, true
	if !a.backend.Kept(r) {
		return r, false
	}
	a.target = t
	return r, true
}
