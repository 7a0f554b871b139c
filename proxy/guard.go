package proxy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"popbridge/translate"
)

// guard counts failed logins by address and by account, and remembers which
// logins have succeeded. It keeps no name, address or password, only hashes;
// those of passwords are made with a key that dies with the process.
//
// Invariants:
//
//   - A login that is being tried counts as a failure until it is known not to be
//     one, so that no upstream sees more failures for an account than allowed,
//     however many arrive at once.
//   - A login that has failed already says nothing new: it counts again for the
//     account, whose upstream is asked again, and not for the address, where one
//     device with an old password must not shut the others out.
//   - Its memory is bounded: see subjectsKept and loginsKept.
type guard struct {
	key   [sha256.Size]byte
	began time.Time

	mu      sync.Mutex
	failed  recent[subject, failures]
	pending map[subject]*pending
	proven  recent[fingerprint, struct{}]
	tried   recent[fingerprint, bool] // with the address; true: refused by who knows the password
	news    map[subject]int           // failures that other proxies have not been told of; nil: there are none to tell
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

// subject is a hash of what failures are counted for, an address or an account.
// It is the same in every proxy.
type subject uint64

// fingerprint is a keyed hash of a login with its password.
type fingerprint [16]byte

// failures are a subject's in the window that began at a reading of the clock.
type failures struct {
	began time.Duration
	count int32
}

// pending are a subject's logins that are being tried. Changed is closed when one
// of them is over.
type pending struct {
	count   int
	changed chan struct{}
}

func newGuard() *guard {
	g := &guard{
		began: time.Now(), pending: make(map[subject]*pending),
		failed: newRecent[subject, failures](subjectsKept),
		proven: newRecent[fingerprint, struct{}](loginsKept), tried: newRecent[fingerprint, bool](loginsKept),
	}
	// It never fails (crypto/rand).
	_, _ = rand.Read(g.key[:])
	return g
}

// now is a clock that never jumps.
func (g *guard) now() time.Duration { return time.Since(g.began) }

func subjectOf(kind, name string) subject {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return subject(binary.BigEndian.Uint64(sum[:]))
}

func (g *guard) printOf(parts ...string) (p fingerprint) {
	mac := hmac.New(sha256.New, g.key[:])
	for _, part := range parts {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	copy(p[:], mac.Sum(nil))
	return p
}

// standing is a subject's; the zero subject has none.
func (g *guard) standing(of subject, now, window time.Duration) (s translate.Standing) {
	if of == 0 {
		return s
	}
	if f, ok := g.failed.get(of, now, window); ok && now-f.began < window {
		s.Failed = int(f.count)
	}
	if p := g.pending[of]; p != nil {
		s.Pending = p.count
	}
	return s
}

// count adds a failure, and begins a window where none is open.
func (g *guard) count(of subject, now, window time.Duration) {
	if of == 0 {
		return
	}
	f, ok := g.failed.get(of, now, window)
	if !ok || now-f.began >= window {
		f = failures{began: now}
	}
	f.count++
	g.failed.put(of, f, now, window)
	if g.news != nil && len(g.news) < newsKept {
		g.news[of]++
	}
}

// changed is closed when one of the subject's logins is over; nil where none is
// being tried.
func (g *guard) changed(of subject) <-chan struct{} {
	if p := g.pending[of]; p != nil {
		return p.changed
	}
	return nil
}

func (g *guard) hold(of subject) {
	if of == 0 {
		return
	}
	p := g.pending[of]
	if p == nil {
		p = &pending{changed: make(chan struct{})}
		g.pending[of] = p
	}
	p.count++
}

func (g *guard) release(of subject) {
	p := g.pending[of]
	if p == nil {
		return
	}
	close(p.changed)
	if p.count--; p.count == 0 {
		delete(g.pending, of)
		return
	}
	p.changed = make(chan struct{})
}
