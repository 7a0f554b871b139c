package limiter

import (
	"net/netip"
	"time"

	"popbridge/configs"
)

// Limits say how much guessing is borne. Addresses are counted as households.
type Limits struct {
	PerIP      int           // failed logins of one address in a window; 0: no limit
	PerAccount int           // failed logins of one account in a window; 0: no limit
	Window     time.Duration // it begins with a failure, and when it is over nothing has been counted
	Delay      time.Duration // the longest that the answer to a failure is held back
}

// For gives the limits of a configuration for a client.
func For(l configs.Limits, client netip.Addr) Limits {
	limits := Limits{PerIP: l.FailuresPerIP, PerAccount: l.FailuresPerAccount, Window: l.FailureWindow, Delay: l.FailureDelay}
	if configs.Contains(l.FailuresPerIPExempt, client) {
		limits.PerIP = 0
	}
	return limits
}

// Household is what one customer has: an IPv4 address, or a /64 of IPv6.
func Household(client netip.Addr) netip.Prefix {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	p, err := client.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// standing is what is known of an address or an account when a login arrives.
type standing struct {
	failed  int // logins in this window
	pending int // logins that are being tried now; each may be a failure
}

// verdict is what becomes of a login before its password is looked at.
type verdict uint8

const (
	// verdictTry asks whoever knows the password.
	verdictTry verdict = iota
	// verdictWait has to be judged again when a login that is being tried is
	// over: were they all to fail, this one would be too many.
	verdictWait
	// verdictAddress refuses it: too many have failed from its address.
	verdictAddress
	// verdictAccount refuses it: too many have failed for its account.
	verdictAccount
)

// judge decides on a login. proven says that this very login has succeeded
// before: then the account's failures, which others may have brought about, do
// not count against it. Those of its address do, or the proof itself could be
// guessed at without limit.
func (l Limits) judge(address, account standing, proven bool) verdict {
	switch {
	case spent(address.failed, l.PerIP):
		return verdictAddress
	case proven:
		return verdictTry
	case spent(account.failed, l.PerAccount):
		return verdictAccount
	case spent(address.failed+address.pending, l.PerIP), spent(account.failed+account.pending, l.PerAccount):
		return verdictWait
	}
	return verdictTry
}

func spent(n, limit int) bool { return limit > 0 && n >= limit }

// delaySteps is how often the delay doubles until it is the longest.
const delaySteps = 3

// delay is how long the answer to a failed login is held back, by how many have
// failed with it: the first not at all, since everybody mistypes once, then an
// eighth of the longest, twice that, and so on.
func (l Limits) delay(failed int) time.Duration {
	switch {
	case failed <= 1:
		return 0
	case failed-2 >= delaySteps:
		return l.Delay
	}
	return l.Delay >> (delaySteps - (failed - 2))
}
