package door

import (
	"errors"

	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Admit writes a login down that has succeeded; tls says that the device's connection is
// encrypted. Where that fails the login has failed.
func (e *Env) Admit(t route.Target, tls bool) error {
	event := e.event(backend.EventLogin, t)
	event.TLS, event.Result = tls, backend.ResultDone
	if err := e.Backend.Tell(event); err != nil {
		return &login.Failure{Target: t, Err: err}
	}
	return nil
}

// tellRefused writes a login down that was refused.
func (e *Env) tellRefused(name string, t route.Target, refusal *translate.Refusal) error {
	if !e.Backend.Audits() {
		return nil
	}
	event := e.event(backend.EventRefused, t)
	event.User, event.Result, event.Code = limiter.LogName(name), backend.ResultRefused, refusal.Code
	event.Cause = translate.Cause(refusal).Error()
	return e.Backend.Tell(event)
}

var errBrokenOff = errors.New("the device broke a SCRAM dialogue off")

func (e *Env) event(kind backend.EventKind, t route.Target) backend.Event {
	return backend.Event{
		Kind: kind, Account: t.Account, Device: t.Device, Client: e.Client.String(), Session: e.ID,
		Listener: e.Listener.Name, Upstream: t.Upstream.Name, Maildrop: t.Maildrop.Name,
	}
}
