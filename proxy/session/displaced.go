package session

import "github.com/hashicorp/go-hclog"

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
