package door

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"popbridge/configs"
)

// handshakeTimeout bounds a TLS handshake, within limits.login_timeout.
const handshakeTimeout = 10 * time.Second

// ErrNoCertificate says that TLS cannot begin on a listener.
var ErrNoCertificate = errors.New("the listener has no certificate")

// Handshake has TLS begun within its time, and tells of one that has failed: on such a
// connection nothing more can be said.
func (e *Env) Handshake(begin func(context.Context, *tls.Config) error) error {
	if e.TLS == nil {
		return ErrNoCertificate
	}
	ctx, cancel := context.WithTimeout(e.Context, min(handshakeTimeout, time.Until(e.LoginDeadline())))
	defer cancel()
	if err := begin(ctx, e.TLS); err != nil {
		e.tellHandshake(err)
		return err
	}
	e.Host.Secured()
	return nil
}

// tellHandshake logs a handshake that failed, and what to do where the device seems to
// speak without TLS: it says something else, or waits for a greeting.
func (e *Env) tellHandshake(err error) {
	const advice = `; point it to a listener with tls = "starttls", or set it to TLS from the start (SSL)`
	protocol := map[configs.DeviceProtocol]string{configs.DevicePOP3: "POP3", configs.DeviceSMTP: "SMTP"}[e.Listener.Protocol]
	var plain tls.RecordHeaderError
	switch {
	case e.Listener.TLS == configs.TLSImplicit && errors.As(err, &plain):
		e.Log.Warn("the device speaks plain "+protocol+" on a port that begins with TLS"+advice, "listener", e.Listener.Name)
	case e.Listener.TLS == configs.TLSImplicit && errors.Is(err, context.DeadlineExceeded):
		// Whoever looks for open ports is silent too, so this is no warning.
		e.Log.Info("the device says nothing on a port that begins with TLS; it may wait for the greeting of plain "+protocol+advice, "listener", e.Listener.Name)
	default:
		e.Log.Info("TLS handshake failed", "error", err)
	}
}
