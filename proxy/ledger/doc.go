// Package ledger is what popbridge remembers between sessions, and the
// maildrop's lock.
//
// Invariants:
//
//   - A lock never outlives its session, and a session that has lost its lock
//     can commit nothing: Intend and Record fail for it.
//   - What was hidden from a device stays hidden until it is said otherwise.
//   - Facts that belong to a UID hold for one UIDVALIDITY only.
package ledger

import (
	"errors"
	"fmt"
	"time"

	"popbridge/translate"
)

// Key says whose page is to be opened.
type Key struct {
	Account  string // as the device names it, without the device
	Device   string // empty: the account itself
	Maildrop string
	Upstream string
	Login    string // the account's name upstream
	Mailbox  string
	Lock     translate.Lock
	// Takeover is how long a session may be silent before a new login takes its
	// lock; 0 is never.
	Takeover time.Duration
	// Displaced is called when that has happened, from another goroutine and
	// without a lock of the ledger held.
	Displaced func()
}

// errDisplaced is what a session gets that has lost its lock.
var errDisplaced = errors.New("a newer session has taken the lock over (lock_takeover)")

// scope names what the key's lock protects; empty for no lock.
func (k Key) scope() string {
	switch k.Lock {
	case translate.LockAccount:
		return fmt.Sprintf("%q %q", k.Account, k.Maildrop)
	case translate.LockDevice:
		return fmt.Sprintf("%q %q %q", k.Account, k.Maildrop, k.Device)
	}
	return ""
}
