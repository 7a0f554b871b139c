package limiter

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// addressOf is an address as failures are counted for it; 0: they are not.
func addressOf(limits Limits, client netip.Addr) subject {
	if limits.PerIP <= 0 {
		return 0
	}
	return subjectOf("address", Household(client).String())
}

// Spent reports whether too many logins have failed from an address, before one
// costs anything.
func (l *Limiter) Spent(limits Limits, client netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return limits.judge(l.standing(addressOf(limits, client), l.now(), limits.Window), standing{}, true) == verdictAddress
}

// Fail counts a failure of an address alone, and gives how long the answer to it is
// held back.
func (l *Limiter) Fail(limits Limits, client netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	address, now := addressOf(limits, client), l.now()
	l.count(address, now, limits.Window)
	return limits.delay(l.standing(address, now, limits.Window).failed)
}

// Draw gives a number below n that is always the same for a name, and that nobody
// can foresee.
func (l *Limiter) Draw(name string, n int) int {
	print := l.fingerprintOf("draw", name)
	return int(binary.BigEndian.Uint64(print[:]) % uint64(n))
}
