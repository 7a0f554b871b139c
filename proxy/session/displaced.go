package session

import "github.com/hashicorp/go-hclog"

// displaced makes what ends a session whose lock a new login has taken over. It
// runs in another goroutine, and so closes the connection below TLS, which would say
// goodbye in the middle of what the session says. What the session has marked stays:
// its page refuses to commit anything.
func (w *wire) displaced(log hclog.Logger) func() {
	return func() {
		log.Warn("the session was silent for lock_takeover, and a new login takes its place")
		if err := w.raw.Close(); err != nil {
			log.Debug("closing the connection", "error", err)
		}
	}
}
