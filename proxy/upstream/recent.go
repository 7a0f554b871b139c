package upstream

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"popbridge/configs"
)

const (
	recentFor = 24 * time.Hour
	recentMax = 100_000
)

// recent knows which credentials were accepted within a day, by a keyed hash
// that lasts as long as the process. It tells a server's bad day from a wrong
// password where the server says only NO.
type recent struct {
	key  [32]byte
	mu   sync.Mutex
	seen map[proof]time.Time
}

// proof is the keyed hash of a credential; it is worth nothing outside of the
// process, and is compared in constant time.
type proof [sha256.Size]byte

func newRecent() *recent {
	r := &recent{seen: make(map[proof]time.Time)}
	// crypto/rand.Read never fails (Go 1.24 and later).
	_, _ = rand.Read(r.key[:])
	return r
}

// proof is of what the upstream has checked: a password or a device's token. With
// a master user or a token of our own it is neither, and the account tells whose
// it is: the device's password was checked here before.
func (r *recent) proof(req Request) proof {
	return r.sum(req.Upstream.Name, req.Account, req.Upstream.Auth.String(), req.Password.Reveal(), req.Bearer.Reveal())
}

// way is of all that decides how to log in to an upstream.
func (r *recent) way(u configs.Upstream) proof {
	o := u.OAuth2
	return r.sum(append([]string{
		u.Auth.String(), u.MasterUser, u.MasterPassword.Reveal(), u.MasterSeparator, o.Flow.String(), o.TokenURL, o.DeviceURL,
		o.ClientID, o.ClientSecret.Reveal(), o.KeyFile, o.CAFile, o.Mechanism.String(),
	}, o.Scopes...)...)
}

func (r *recent) sum(texts ...string) (sum proof) {
	mac := hmac.New(sha256.New, r.key[:])
	for _, s := range texts {
		mac.Write([]byte(s))
		mac.Write([]byte{0})
	}
	mac.Sum(sum[:0])
	return sum
}

func (r *recent) accepted(req Request) {
	sum, now := r.proof(req), time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[sum] = now
	for other, at := range r.seen {
		if len(r.seen) <= recentMax {
			break
		}
		if other != sum && (now.Sub(at) > recentFor || len(r.seen) > recentMax) {
			delete(r.seen, other)
		}
	}
}

func (r *recent) has(req Request) bool {
	sum := r.proof(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.seen[sum]
	return ok && time.Since(at) < recentFor
}
