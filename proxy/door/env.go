package door

import (
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/route"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// Env is what a session is born with, and keeps, whatever it speaks.
type Env struct {
	ID       string // as the log calls it
	Config   *configs.Config
	Listener configs.Listener
	TLS      *tls.Config // nil: the listener has no certificate
	Client   netip.Addr
	Began    time.Time // when the device connected
	Backend  backend.Backend
	// Open logs in upstream for a device of the session's protocol.
	Open     func(context.Context, backend.Request) (io.Closer, error)
	Logins   *login.Logins
	Recent   *Recent // nil: nothing is remembered
	Host     Host
	Throttle *limiter.Throttle // of lines that anybody can bring about by connecting
	Meter    backend.SessionMeter
	Context  context.Context // ends with the process's patience, not with the device
	Closing  context.Context // ends when the server begins to close
	Log      hclog.Logger
}

// Host is told by a session what others have to know of it.
type Host interface {
	// Named says whose session it is from now on, and where it leads; the zero
	// Target is nobody's.
	Named(route.Target)
	// Secured says that TLS is active.
	Secured()
	// Entered says that a session that has a name has come to a state, one of
	// backend's.
	Entered(state string)
	// Tried says that a login of the session is being tried: it yields to nobody.
	Tried()
	// Waits says that the session may be ended to make room for others; wake, which
	// may be nil, is called when it is.
	Waits(wake func())
}

// Orderly is a Host that tells what operators ask before a session began from what they ask
// later, where the session has a name before it knows that.
type Orderly interface {
	// Arrives is Named of a session that does not know its place yet.
	Arrives(route.Target)
	// Arrived says what that is; see backend.Backend's Arrive.
	Arrived(at int64)
}

// LoginDeadline is when the device has to be logged in. Nothing extends it.
func (e *Env) LoginDeadline() time.Time { return e.Began.Add(e.Config.Limits.LoginTimeout) }

// lastWord is for what is said when the time for a login is over.
const lastWord = time.Second

// WriteBy is when a device that has last read since must have read more of a write that
// has begun: it may take so long for it as grace says, and until it is logged in no longer
// than that may take.
func (e *Env) WriteBy(loggedIn bool, grace time.Duration, begun, since time.Time) time.Time {
	by, end := since.Add(grace), e.LoginDeadline()
	if loggedIn || !end.Before(by) {
		return by
	}
	if least := begun.Add(lastWord); end.Before(least) {
		return least
	}
	return end
}

// UntilLogin bounds what a login may wait for.
func (e *Env) UntilLogin() (context.Context, context.CancelFunc) {
	return context.WithDeadline(e.Context, e.LoginDeadline())
}

// Plaintext reports whether passwords are taken without TLS: where the operator
// allows it from the device's network.
func (e *Env) Plaintext() bool {
	return e.Listener.PlaintextAuth && configs.Contains(e.Listener.PlaintextNetworks, e.Client)
}

// Door is where the session's logins come in.
func (e *Env) Door() login.Door {
	d := login.Door{
		Config: e.Config, Listener: e.Listener, Client: e.Client, Deadline: e.LoginDeadline(), Closing: e.Closing,
		Open: e.Open, Named: e.Host.Named, Log: e.Log,
	}
	if h, ok := e.Host.(Orderly); ok {
		d.Arrives, d.Arrived = h.Arrives, h.Arrived
	}
	return d
}

// Terms are what holds for a login on the session's connection now. private says that
// it may carry a password; certified are the names that the device's certificate is
// good for.
func (e *Env) Terms(private bool, certified []string) sasl.Terms {
	return sasl.Terms{
		Private:    private,
		Routes:     func() []configs.Route { return route.Reachable(e.Config, e.Listener.Name, e.Client) },
		TakesToken: func(upstream string) bool { return e.Config.Upstream[upstream].Auth == configs.AuthOAuth2 },
		Keyring:    e.Logins.Keyring(e.Door(), e.UntilLogin),
		Digests:    e.Listener.APOP,
		Certified:  certified,
	}
}

// HoldBack waits before a login's refusal is sent. What it cost upstream and in
// the ledger has been given back; a connection that waits so may be ended to make
// room.
func (e *Env) HoldBack(d time.Duration) {
	ctx, cancel := context.WithDeadline(e.Closing, e.LoginDeadline())
	defer cancel()
	e.Host.Waits(cancel)
	defer e.Host.Waits(nil)
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// BrokenOff counts an exchange that the device began and did not end. The answer is
// held back as that to a failed login is.
func (e *Env) BrokenOff(name string) {
	e.Meter.Login("", false, translate.CodeAuth, 0)
	e.Throttle.Say(e.Log.Warn, e.Client, "a SCRAM dialogue was broken off by the device", "user", limiter.LogName(name), "listener", e.Listener.Name)
	_ = e.tellRefused(name, route.Target{}, translate.BadCredentials(errBrokenOff)) // it hears that it is refused in any case
	e.HoldBack(e.Logins.BrokenOff(e.Door()))
}
