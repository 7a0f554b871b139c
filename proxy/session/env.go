package session

import (
	"context"
	"crypto/tls"
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

// Env is what a session is born with, and keeps.
type Env struct {
	ID       string // as the log calls it
	Config   *configs.Config
	Listener configs.Listener
	TLS      *tls.Config // nil: the listener has no certificate
	Client   netip.Addr
	Began    time.Time // when the device connected
	Backend  backend.Backend
	Logins   *login.Logins
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

// loginDeadline is when the device has to be logged in. Nothing extends it.
func (e *Env) loginDeadline() time.Time { return e.Began.Add(e.Config.Limits.LoginTimeout) }

// untilLogin bounds what a login may wait for.
func (e *Env) untilLogin() (context.Context, context.CancelFunc) {
	return context.WithDeadline(e.Context, e.loginDeadline())
}

// plaintext reports whether passwords are taken without TLS: where the operator
// allows it from the device's network.
func (e *Env) plaintext() bool {
	return e.Listener.PlaintextAuth && configs.Contains(e.Listener.PlaintextNetworks, e.Client)
}

// door is where the session's logins come in.
func (e *Env) door() login.Door {
	return login.Door{
		Config: e.Config, Listener: e.Listener.Name, Client: e.Client, Deadline: e.loginDeadline(), Closing: e.Closing, Named: e.Host.Named, Log: e.Log,
	}
}

// terms are what holds for a login on the session's connection now.
func (e *Env) terms(w *wire) sasl.Terms {
	return sasl.Terms{
		Private:    w.private(e),
		Routes:     func() []configs.Route { return route.Reachable(e.Config, e.Listener.Name, e.Client) },
		TakesToken: func(upstream string) bool { return e.Config.Upstream[upstream].Auth == configs.AuthOAuth2 },
		Keyring:    e.Logins.Keyring(e.door(), e.untilLogin),
		Digests:    e.Listener.APOP,
		Certified:  w.certified(),
	}
}

// holdBack waits before a login's refusal is sent. What it cost upstream and in
// the ledger has been given back; a connection that waits so may be ended to make
// room.
func (e *Env) holdBack(d time.Duration) {
	ctx, cancel := context.WithDeadline(e.Closing, e.loginDeadline())
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

// brokenOff counts an exchange that the device began and did not end. The answer is
// held back as that to a failed login is.
func (e *Env) brokenOff(name string) {
	e.Meter.Login("", false, translate.CodeAuth, 0)
	e.Throttle.Say(e.Log.Warn, e.Client, "a SCRAM dialogue was broken off by the device", "user", limiter.LogName(name), "listener", e.Listener.Name)
	e.holdBack(e.Logins.BrokenOff(e.door()))
}

// displaced makes what ends a session whose lock a new login has taken over. It
// runs in another goroutine. What the session has marked stays: its page refuses
// to commit anything.
func displaced(log hclog.Logger, conn interface{ Close() error }) func() {
	return func() {
		log.Warn("the session was silent for lock_takeover, and a new login takes its place")
		if err := conn.Close(); err != nil {
			log.Debug("closing the connection", "error", err)
		}
	}
}
