package door

import (
	"errors"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Refuse says in the log why a login has failed, counts it, and gives what the
// device hears, when it may hear it. What fail2ban looks at (configs/deploy/fail2ban) stands
// in front of the name, which is the device's.
func (e *Env) Refuse(name string, took time.Duration, err error) *translate.Refusal {
	e.Host.Named(route.Target{})
	var failure *login.Failure
	errors.As(err, &failure)
	upstream, refusal := failure.Target.Upstream.Name, translate.Refuse(err)
	e.Meter.Login(upstream, false, refusal.Code, took)
	args := []any{"code", refusal.Code}
	limit := limiter.LimitOf(err)
	if limit != "" {
		args = append(args, "limit", limit)
	}
	e.Backend.Troubled(backend.Trouble{
		Kind: backend.TroubleLogin, Account: failure.Target.Account, Device: failure.Target.Device, User: limiter.LogName(name), Client: e.Client.String(),
		Listener: e.Listener.Name, Upstream: upstream, Code: refusal.Code, Limit: limit, Cause: translate.Cause(refusal).Error(),
	})
	args = append(args, "user", limiter.LogName(name), "listener", e.Listener.Name, "upstream", upstream, "cause", translate.Cause(refusal))
	switch {
	case refusal.Reported:
		e.Log.Debug("login refused", args...)
	case refusal.Code == translate.CodeSysPerm:
		e.Log.Error("login refused", args...)
	default:
		e.Log.Warn("login refused", args...)
	}
	if err := e.tellRefused(name, failure.Target, refusal); err != nil {
		// Who guesses learns nothing that is not written down.
		refusal = translate.Refuse(err)
	}
	e.HoldBack(failure.Delay)
	// The cause is in the log already.
	return &translate.Refusal{Code: refusal.Code, Text: refusal.Text}
}
