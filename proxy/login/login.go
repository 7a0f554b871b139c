package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/route"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// Logins lets devices in. It may be used by any number of goroutines.
type Logins struct {
	backend  backend.Backend
	limiter  *limiter.Limiter
	derived  *derivedKeys
	verified *verifiedLogins
	paces    *paces
	settled  *settledAccounts
}

// New makes Logins over a backend.
func New(b backend.Backend, l *limiter.Limiter) *Logins {
	return &Logins{backend: b, limiter: l, derived: newDerivedKeys(), verified: newVerifiedLogins(), paces: newPaces(), settled: newSettledAccounts()}
}

// Door is where a login comes in.
type Door struct {
	Config   *configs.Config
	Listener configs.Listener
	Client   netip.Addr
	Deadline time.Time       // of the login
	Closing  context.Context // ends when nothing is waited for any more
	// Open logs in upstream, and so holds a credential against what the upstream knows.
	// What it opens is the protocol's.
	Open func(context.Context, backend.Request) (io.Closer, error)
	// Named is told whose login it is, as soon as that is known, and where it leads.
	Named func(route.Target)
	// Arrives and Arrived are door.Orderly's; nil: there is none.
	Arrives func(route.Target)
	Arrived func(at int64)
	// Lock takes the lock of where the login leads, and asks with it what the login has not
	// asked yet; nil: a login asks before anything else.
	Lock func(context.Context, route.Target, *backend.Arrival) (backend.Page, error)
	Log  hclog.Logger
}

// WithLock gives the door with a Lock.
func (d Door) WithLock(lock func(context.Context, route.Target, *backend.Arrival) (backend.Page, error)) Door {
	d.Lock = lock
	return d
}

// Entry is a login that has succeeded.
type Entry struct {
	Target route.Target
	Opened io.Closer    // by Door.Open; the caller closes it
	Page   backend.Page // that Door.Lock has given, which the caller closes too; nil: it was not asked
}

// Failure is a login that has not.
type Failure struct {
	Target route.Target  // as far as it was known where the login leads
	Delay  time.Duration // how long the answer is to be held back
	Err    error         // what the device may be told is in its Refusal
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// attempt is one login that is under way.
type attempt struct {
	*Logins
	Door
	credential sasl.Credential
	login      translate.Login // as the device has named it
	asked      *configs.Config // the door's, in which routes still ask directories
	target     route.Target
	delay      time.Duration
	page       backend.Page // nil: the lock is still to be taken
}

// LogIn holds a credential against the route of its account. Its error is a Failure.
func (l *Logins) LogIn(ctx context.Context, d Door, c sasl.Credential) (Entry, error) {
	a := &attempt{Logins: l, Door: d, credential: c, asked: d.Config}
	opened, err := a.enter(ctx)
	if err != nil {
		return Entry{}, &Failure{Target: a.target, Delay: a.delay, Err: err}
	}
	return Entry{Target: a.target, Opened: opened, Page: a.page}, nil
}

func (a *attempt) enter(ctx context.Context) (io.Closer, error) {
	login, err := a.Config.Login.Rules().Parse(a.credential.Name)
	if err != nil {
		a.credential.Never = err
		return a.limited(ctx, a.credential.Name, nil, func() (io.Closer, error) { return nil, translate.BadCredentials(err) })
	}
	a.login, a.target.Login = login, login
	a.prove(ctx)
	if opened := a.enterKept(ctx); opened != nil {
		return opened, nil
	}
	placed, err := a.arrive(ctx)
	switch {
	case err != nil:
		return nil, translate.Refuse(err)
	case placed.Held && !placed.Disabled:
		a.settled.forget(a.login.Account)
		return nil, translate.Temporary(errHeld)
	}
	opened, err := a.enterBy(ctx, placed)
	a.settled.note(a.login.Account, placed, err)
	return opened, err
}

// arrive names the session, and asks where an account is served that an operator has moved,
// and whether he has disabled it. While it is held every login is put off before its
// password is looked at: to try it would open the very mailbox that is to be left alone.
// That an account is held must not tell one that is disabled from others.
//
// From when it has a name the login counts as a session of the account: a move that begins
// after the question is answered waits for it. What was asked before it began must not hit
// it, and is done before it has a name, or is told from what comes later by its place.
func (a *attempt) arrive(ctx context.Context) (w translate.Placement, err error) {
	if a.backend.Arrive != nil && a.Arrives != nil {
		a.Arrives(a.target)
		at, w, err := a.backend.Arrive(ctx, a.login.Account)
		if err == nil {
			a.Arrived(at)
		}
		return w, err
	}
	if a.backend.Sync != nil {
		if err := a.backend.Sync(ctx); err != nil {
			return w, err
		}
	}
	a.Named(a.target)
	if a.backend.Placement == nil {
		return w, nil
	}
	return a.backend.Placement(ctx, a.login.Account)
}

// errHeld is why nobody logs in to an account that a command is about to move.
var errHeld = errors.New("an operator holds the account's logins (popbridge migrate move --hold)")

// errDisabled is why nobody logs in to an account that an operator has disabled.
var errDisabled = errors.New("an operator has disabled the account (popbridge account disable)")

// disabled is that with his note.
func disabled(why string) error {
	if why == "" {
		return errDisabled
	}
	return fmt.Errorf("%w: %s", errDisabled, why)
}

// enterBy finds the way upstream and opens what the protocol needs there. A login without a
// route, or of an account that is disabled, takes the same way, the same time and the same
// limits: it must not be told apart.
func (a *attempt) enterBy(ctx context.Context, placed translate.Placement) (io.Closer, error) {
	target, lost := a.resolve(ctx, a.login, placed.Upstream)
	if lost == nil && placed.Disabled {
		lost = disabled(placed.Why)
	}
	account := a.login.Account
	if lost == nil {
		a.target, account = target, target.Upstream.Name+"\x00"+target.UpstreamLogin
	}
	excused := func() bool { return a.strong(ctx, lost == nil) }
	return a.limited(ctx, account, excused, func() (io.Closer, error) {
		if lost != nil {
			return nil, a.refuseAlike(ctx, lost)
		}
		a.Named(a.target)
		return a.open(ctx)
	})
}

// limited tries a login, unless too many have failed for its account or from its
// address, and counts it where it fails. No login is refused for its credentials
// but by this way. excused says that the account's failures do not count; nil: they do.
func (a *attempt) limited(ctx context.Context, account string, excused func() bool, try func() (io.Closer, error)) (io.Closer, error) {
	attempt, err := a.begin(account)
	if errors.Is(err, limiter.ErrAccountLimit) && excused != nil && excused() {
		err = nil
	}
	if err != nil {
		a.delay = attempt.Delay()
		return nil, err
	}
	opened, err := try()
	if attempt.Settle(err) {
		a.delay = attempt.Delay()
	}
	return opened, err
}

// resolve finds where a login leads at this door. From then on the attempt's routes are
// as directories have filled them in for its account.
func (a *attempt) resolve(ctx context.Context, login translate.Login, movedTo string) (route.Target, error) {
	at := route.Attempt{Login: login, Listener: a.Listener.Name, Client: a.Client, MovedTo: movedTo}
	cfg, err := route.Fill(ctx, a.asked, at, a.backend.Ask)
	if err != nil {
		return route.Target{}, err
	}
	a.Config = cfg
	return route.Resolve(cfg, at)
}

// begin asks the limiter whether the login may be tried.
func (a *attempt) begin(account string) (*limiter.Attempt, error) {
	ctx, cancel := context.WithDeadline(a.Closing, a.Deadline)
	defer cancel()
	return a.limiter.Begin(ctx, a.limits(), a.Client, account, distinctive(a.credential))
}

// limits are those of failed logins for this device.
func (a *attempt) limits() limiter.Limits { return limiter.For(a.Config.Limits, a.Client) }

// refuseLost makes a Refusal of the error of a login that leads nowhere: it looks
// like a wrong password, unless the configuration is at fault.
func refuseLost(err error) error {
	var refusal *translate.Refusal
	if errors.As(err, &refusal) {
		return err
	}
	return translate.BadCredentials(err)
}

// open holds the credential against what the route asks for, and opens the mailbox.
func (a *attempt) open(ctx context.Context) (opened io.Closer, err error) {
	onward, err := a.check(ctx)
	if err != nil {
		return nil, err
	}
	key, start := a.paceKey(a.target.Upstream.Name, onward.bearer), time.Now()
	defer func(asked upstreamCredential) {
		a.paces.note(key, time.Since(start), err)
		err = asked.tellKnown(err)
	}(onward)
	if onward, err = a.verifyLogin(ctx, onward); err != nil {
		return nil, err
	}
	request := a.request(a.target, onward)
	request.TargetsLater = true
	return a.Open(ctx, request)
}

// request asks for a mailbox upstream.
func (a *attempt) request(t route.Target, onward upstreamCredential) backend.Request {
	return backend.Request{
		Upstream: t.Upstream, Maildrop: t.Maildrop, Account: t.UpstreamLogin, Owner: a.target.Login,
		Password: onward.password, Bearer: onward.bearer, Client: a.Client, Log: a.Log,
	}
}
