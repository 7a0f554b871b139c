package door

import (
	"net/netip"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/sasl"
)

// Recent remembers logins by the address that they came from, for listeners with
// pop_before_smtp: nothing else knows whose a device is that cannot log in to send. It
// holds credentials, in memory alone, and none for longer than a listener asks for.
type Recent struct {
	mu sync.Mutex
	of map[netip.Addr][]recentLogin
}

type recentLogin struct {
	account    string
	credential sasl.Credential
	at         time.Time
}

// Bounds of what is remembered.
const (
	maxRecent        = 10_000 // addresses
	maxRecentLogins  = 20     // at one address
	sweepRecentAfter = time.Minute
)

// NewRecent makes a Recent.
func NewRecent() *Recent { return &Recent{of: make(map[netip.Addr][]recentLogin)} }

// longest is the longest pop_before_smtp of a configuration.
func longest(cfg *configs.Config) (long time.Duration) {
	for _, l := range cfg.Listener {
		if l.Protocol == configs.DeviceSMTP {
			long = max(long, l.PopBeforeSMTP)
		}
	}
	return long
}

// LoggedIn notes a login that has succeeded, where some listener wants to know.
func (e *Env) LoggedIn(account string, c sasl.Credential) {
	long := longest(e.Config)
	if e.Recent == nil || long == 0 {
		return
	}
	r, now := e.Recent, time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now, long)
	logins := []recentLogin{{account, c, now}} // the newest first
	for _, l := range r.of[e.Client] {
		if l.account != account && len(logins) < maxRecentLogins {
			logins = append(logins, l)
		}
	}
	r.of[e.Client] = logins
	time.AfterFunc(long+sweepRecentAfter, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sweep(time.Now(), long)
	})
}

// sweep forgets what is too old, and where there is too much all of it.
func (r *Recent) sweep(now time.Time, long time.Duration) {
	if len(r.of) >= maxRecent {
		clear(r.of)
	}
	for address, logins := range r.of {
		kept := logins[:0:0]
		for _, l := range logins {
			if now.Sub(l.at) < long {
				kept = append(kept, l)
			}
		}
		if r.of[address] = kept; len(kept) == 0 {
			delete(r.of, address)
		}
	}
}

// Opened gives the login by which the device's very address may send now: the newest
// whose account prefers says is meant, else the newest; false where there is none.
func (e *Env) Opened(prefers func(account string) bool) (c sasl.Credential, ok bool) {
	if e.Recent == nil || e.Listener.PopBeforeSMTP == 0 || !configs.Contains(e.Listener.PlaintextNetworks, e.Client) {
		return c, false
	}
	e.Recent.mu.Lock()
	defer e.Recent.mu.Unlock()
	for _, l := range e.Recent.of[e.Client] {
		if time.Since(l.at) >= e.Listener.PopBeforeSMTP {
			continue
		}
		if meant := prefers(l.account); meant || !ok {
			c, ok = l.credential, true
			if meant {
				break
			}
		}
	}
	return c, ok
}
