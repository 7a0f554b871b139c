package session

import (
	"encoding/base64"
	"net"
	"strings"

	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/door"
	"popbridge/proxy/pop3"
	"popbridge/proxy/sasl"
)

// wire is the connection to the device, with what the session knows of it.
type wire struct {
	*pop3.Conn
	raw    net.Conn // below TLS: what another goroutine may close at any moment
	tls    bool
	secret bool         // the line being read is a password
	trace  hclog.Logger // nil: off
}

// traceTo sends each line to a log, passwords left out.
func (w *wire) traceTo(log hclog.Logger, session string) {
	w.trace = log.Named("pop3")
	w.Trace = func(dir string, line []byte) {
		w.trace.Trace("wire", "session", session, "dir", dir, "line", redact(dir, line, w.secret))
	}
}

// readError is why the device's answer could not be read.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// ask sends a challenge of AUTH and decodes the answer, which is not nil.
func (w *wire) ask(challenge []byte) ([]byte, error) {
	w.Challenge(base64.StdEncoding.EncodeToString(challenge))
	w.secret = true
	line, err := w.ReadLine(pop3.MaxSASL)
	w.secret = false
	if err != nil {
		return nil, readError{err}
	}
	text := strings.TrimRight(string(line), " \t")
	if text == "*" {
		return nil, errCancelled
	}
	return decode(text)
}

// private reports whether the connection may carry a password now: TLS is active,
// or the operator allows plain text from the device's network.
func (w *wire) private(e *door.Env) bool { return w.tls || e.Plaintext() }

// startTLS runs a handshake within its time; a failed one leaves a connection
// on which nothing more can be said.
func (w *wire) startTLS(e *door.Env) error {
	if err := e.Handshake(w.StartTLS); err != nil {
		return brokenBody{err}
	}
	w.tls = true
	return nil
}

// terms are what holds for a login on the connection now.
func (w *wire) terms(e *door.Env) sasl.Terms {
	return e.Terms(w.private(e), sasl.Names(w.Certificate()))
}

// abort closes the connection without another octet.
func (w *wire) abort(log hclog.Logger) {
	if err := w.Close(); err != nil {
		log.Trace("close", "error", err)
	}
}
