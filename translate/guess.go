package translate

import "time"

// GuessLimits say how much guessing of passwords is borne. Addresses are counted
// as households: an IPv4 address, or a /64 of IPv6.
type GuessLimits struct {
	PerIP      int           // failed logins of one address in a window; 0: no limit
	PerAccount int           // failed logins of one account in a window; 0: no limit
	Window     time.Duration // it begins with a failure, and when it is over nothing has been counted
	Delay      time.Duration // the longest that the answer to a failure is held back
}

// Standing is what is known of an address or an account when a login arrives.
type Standing struct {
	Failed  int // logins in this window
	Pending int // logins that are being tried now; each may be a failure
}

// Verdict is what becomes of a login before its password is looked at.
type Verdict uint8

// The verdicts.
const (
	// VerdictTry asks whoever knows the password.
	VerdictTry Verdict = iota
	// VerdictWait has to be judged again when a login that is being tried is
	// over: were they all to fail, this one would be too many.
	VerdictWait
	// VerdictAddress refuses it: too many have failed from its address.
	VerdictAddress
	// VerdictAccount refuses it: too many have failed for its account.
	VerdictAccount
)

// Judge decides on a login. proven says that this very login has succeeded
// before: then the account's failures, which others may have brought about, do
// not count against it. Those of its address do, or the proof itself could be
// guessed at without limit.
func (l GuessLimits) Judge(address, account Standing, proven bool) Verdict {
	switch {
	case spent(address.Failed, l.PerIP):
		return VerdictAddress
	case proven:
		return VerdictTry
	case spent(account.Failed, l.PerAccount):
		return VerdictAccount
	case spent(address.Failed+address.Pending, l.PerIP), spent(account.Failed+account.Pending, l.PerAccount):
		return VerdictWait
	}
	return VerdictTry
}

func spent(n, limit int) bool { return limit > 0 && n >= limit }

// delaySteps is how often the delay doubles until it is the longest.
const delaySteps = 3

// Hold is how long the answer to a failed login is held back, by how many have
// failed with it: the first not at all, since everybody mistypes once, then an
// eighth of the longest, twice that, and so on.
func (l GuessLimits) Hold(failed int) time.Duration {
	switch {
	case failed <= 1:
		return 0
	case failed-2 >= delaySteps:
		return l.Delay
	}
	return l.Delay >> (delaySteps - (failed - 2))
}

// Failures are the failed logins of one subject, an address or an account, in
// the window that began so long ago.
type Failures struct {
	Subject uint64 // a hash, the same in each proxy
	Count   int
	Age     time.Duration
}
