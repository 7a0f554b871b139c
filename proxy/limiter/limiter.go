package limiter

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"popbridge/proxy/keyed"
)

// Limiter counts failed logins and remembers which logins have succeeded. It may be
// used by any number of goroutines.
type Limiter struct {
	hash  *keyed.Hash
	began time.Time

	mu      sync.Mutex
	failed  Recent[subject, failures]
	pending map[subject]*pending
	proven  Recent[fingerprint, struct{}]
	tried   Recent[fingerprint, bool] // with the address; true: refused by who knows the password
	untold  map[subject]int           // failures that other proxies have not been told of; nil: there are none to tell
}

const (
	// subjectsKept are the addresses and accounts with failures; each takes about
	// 40 octets.
	subjectsKept = 1 << 20
	// loginsKept are the logins that have succeeded, and as many that have not.
	loginsKept = 1 << 18
	// provenFor is how long a login that has succeeded is remembered, at least.
	provenFor = 7 * 24 * time.Hour
)

// New makes a Limiter. shared says that there are other proxies: what is counted is
// kept for Share to tell them.
func New(shared bool) *Limiter {
	l := &Limiter{
		hash: keyed.New(), began: time.Now(), pending: make(map[subject]*pending),
		failed: NewRecent[subject, failures](subjectsKept),
		proven: NewRecent[fingerprint, struct{}](loginsKept), tried: NewRecent[fingerprint, bool](loginsKept),
	}
	if shared {
		l.untold = make(map[subject]int)
	}
	return l
}

// now is a clock that never jumps.
func (l *Limiter) now() time.Duration { return time.Since(l.began) }

// subject is a hash of what failures are counted for, an address or an account.
// It is the same in every proxy.
type subject uint64

func subjectOf(kind, name string) subject {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return subject(binary.BigEndian.Uint64(sum[:]))
}

// fingerprint is a keyed hash of a login with its password.
type fingerprint [16]byte

func (l *Limiter) fingerprintOf(parts ...string) (p fingerprint) {
	sum := l.hash.Of(parts...)
	copy(p[:], sum[:])
	return p
}

// failures are a subject's in the window that began at a reading of the clock.
type failures struct {
	began time.Duration
	count int32
}

// standing is a subject's; the zero subject has none.
func (l *Limiter) standing(of subject, now, window time.Duration) (s standing) {
	if of == 0 {
		return s
	}
	if f, ok := l.failed.Get(of, now, window); ok && now-f.began < window {
		s.failed = int(f.count)
	}
	if p := l.pending[of]; p != nil {
		s.pending = p.count
	}
	return s
}

// count adds a failure, and begins a window where none is open.
func (l *Limiter) count(of subject, now, window time.Duration) {
	if of == 0 {
		return
	}
	f, ok := l.failed.Get(of, now, window)
	if !ok || now-f.began >= window {
		f = failures{began: now}
	}
	f.count++
	l.failed.Put(of, f, now, window)
	if l.untold != nil && len(l.untold) < untoldMax {
		l.untold[of]++
	}
}
