package upstream

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
)

const (
	recentFor = 24 * time.Hour
	recentMax = 100_000
)

// recent knows which credentials were accepted within a day, by a keyed hash
// that lasts as long as the process. It tells a server's bad day from a password
// that its owner has changed, where the server says only NO; see trouble.
type recent struct {
	key      [32]byte
	now      func() time.Time
	mu       sync.Mutex
	seen     map[proof]standing
	outcomes map[string]map[proof]outcome // by upstream, of accounts
}

// standing is of a credential that was accepted.
type standing struct {
	accepted time.Time
	refused  time.Time // for the first time since; zero: not yet
	recoded  bool      // it was accepted in UTF-8, and not as it came
}

// proof is the keyed hash of a credential; it is worth nothing outside of the
// process, and is compared in constant time.
type proof [sha256.Size]byte

func newRecent() *recent {
	r := &recent{now: time.Now, seen: make(map[proof]standing), outcomes: make(map[string]map[proof]outcome)}
	// crypto/rand.Read never fails (Go 1.24 and later).
	_, _ = rand.Read(r.key[:])
	return r
}

// proof is of what the upstream has checked: a password or a device's token. With
// a master user or a token of our own it is neither, and the account tells whose
// it is: the device's password was checked here before.
func (r *recent) proof(req backend.Request) proof {
	return r.sum(req.Upstream.Name, req.Account, req.Upstream.Auth.String(), req.Password.Reveal(), req.Bearer.Reveal())
}

// way is of all that decides how to log in to an upstream.
func (r *recent) way(u configs.Upstream) proof {
	o := u.OAuth2
	return r.sum(append([]string{
		u.Auth.String(), u.MasterUser, u.MasterPassword.Reveal(), u.MasterSeparator, o.Flow.String(), o.TokenURL, o.DeviceURL,
		o.ClientID, o.ClientSecret.Reveal(), o.KeyFile, o.CAFile, o.Mechanism.String(), strings.Join(u.Ignore, " "),
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

func (r *recent) accepted(req backend.Request, recoded bool) {
	sum, now := r.proof(req), r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(req, true, now)
	r.seen[sum] = standing{accepted: now, recoded: recoded}
	for other, s := range r.seen {
		if len(r.seen) <= recentMax {
			break
		}
		if other != sum && (now.Sub(s.accepted) > recentFor || len(r.seen) > recentMax) {
			delete(r.seen, other)
		}
	}
}

func (r *recent) has(req backend.Request) bool {
	_, ok := r.standing(req)
	return ok
}

// standing gives that of a credential; false where it was not accepted within a day.
func (r *recent) standing(req backend.Request) (standing, bool) {
	sum := r.proof(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.seen[sum]
	return s, ok && r.now().Sub(s.accepted) < recentFor
}
