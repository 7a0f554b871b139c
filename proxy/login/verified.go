package login

import (
	"crypto/sha256"
	"sync"
	"time"

	"popbridge/proxy/limiter"
)

// remembered is how many logins are remembered at the same time; each costs about
// 100 octets.
const remembered = 100_000

// verifiedLogins remembers until when passwords count that another upstream has
// taken, so that not each poll has to ask it. It holds keyed hashes, and no
// password.
type verifiedLogins struct {
	mu    sync.Mutex
	until limiter.Recent[[sha256.Size]byte, time.Time]
}

func newVerifiedLogins() *verifiedLogins {
	return &verifiedLogins{until: limiter.NewRecent[[sha256.Size]byte, time.Time](remembered)}
}

func (v *verifiedLogins) has(sum [sha256.Size]byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	until, ok := v.until.Get(sum, 0, time.Hour)
	return ok && time.Now().Before(until)
}

// keep remembers a login for a time.
func (v *verifiedLogins) keep(sum [sha256.Size]byte, long time.Duration) {
	if long <= 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.until.Put(sum, time.Now().Add(long), 0, time.Hour)
}

// Forget has every password be shown again to the upstream that knows it
// (upstream.verify_login), after an account was logged out: the hashes do not tell
// whose they are.
func (l *Logins) Forget() {
	l.verified.mu.Lock()
	defer l.verified.mu.Unlock()
	l.verified.until = limiter.NewRecent[[sha256.Size]byte, time.Time](remembered)
}
