package limiter

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Why a login was refused unseen.
var (
	// ErrAddressLimit holds for whatever comes from the address.
	ErrAddressLimit = errors.New("too many failed logins from this address, see limits.failures_per_ip")
	// ErrAccountLimit may be passed over by a credential that nobody finds by
	// guessing.
	ErrAccountLimit   = errors.New("too many failed logins for this account, see limits.failures_per_account")
	errFailedBefore   = errors.New("this password was refused a while ago, and is not tried again: too many failed logins for this account")
	errTooManyPending = errors.New("too many logins from this address or for this account are being tried")
)

// LimitOf names the limit that a login was refused by, for the log; empty: none.
func LimitOf(err error) string {
	switch {
	case errors.Is(err, ErrAddressLimit):
		return "address"
	case errors.Is(err, ErrAccountLimit), errors.Is(err, errFailedBefore):
		return "account"
	}
	return ""
}

// Attempt is one login that is to be tried.
type Attempt struct {
	limiter *Limiter
	limits  Limits
	address subject // 0: its failures are not counted
	account subject
	known   bool        // the password can be told from another
	login   fingerprint // of the account with the password
	from    fingerprint // of both with the address
	held    bool        // it is counted as pending
}

// Begin says whether a login may be tried, after waiting for others where they
// might be the last failures that are allowed; ctx bounds the waiting. The account
// is named as its upstream knows it, in whatever case of letters. password is empty
// where a device tried to prove that it knows one, without sending it, and failed. An
// attempt that may be tried has to be settled. The error is a Refusal; an Attempt is
// given in any case.
func (l *Limiter) Begin(ctx context.Context, limits Limits, client netip.Addr, account string, password configs.Secret) (*Attempt, error) {
	a := &Attempt{
		limiter: l, limits: limits, known: !password.Empty(),
		address: addressOf(limits, client), account: subjectOf("account", strings.ToLower(account)),
	}
	if a.known {
		a.login, a.from = l.fingerprintOf(account, password.Reveal()), l.fingerprintOf(account, password.Reveal(), Household(client).String())
	}
	for {
		address, account, err := a.judge()
		if address == nil && account == nil {
			return a, err
		}
		select {
		case <-address:
		case <-account:
		case <-ctx.Done():
			return a, translate.Temporary(errTooManyPending)
		}
	}
}

// judge takes a login, refuses it, or gives what to wait for.
func (a *Attempt) judge() (address, account <-chan struct{}, err error) {
	l := a.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	now, window := l.now(), a.limits.Window
	proven := false
	if a.known {
		_, proven = l.proven.Get(a.login, now, provenFor)
	}
	switch a.limits.judge(l.standing(a.address, now, window), l.standing(a.account, now, window), proven) {
	case verdictAddress:
		return nil, nil, translate.Temporary(ErrAddressLimit)
	case verdictAccount:
		return nil, nil, a.refuseUnseen(now)
	case verdictWait:
		return l.changed(a.address), l.changed(a.account), nil
	}
	if !proven {
		a.held = true
		l.hold(a.address)
		l.hold(a.account)
	}
	return nil, nil, nil
}

// refuseUnseen refuses a login whose account has had its failures. The answer to a
// password that was refused before is known, and tells nobody anything new.
func (a *Attempt) refuseUnseen(now time.Duration) error {
	l := a.limiter
	refused, before := l.tried.Get(a.from, now, a.limits.Window)
	if a.known && before && refused {
		return translate.BadCredentials(errFailedBefore)
	}
	if !a.known || !before {
		l.count(a.address, now, a.limits.Window)
	}
	if a.known {
		l.tried.Put(a.from, false, now, a.limits.Window)
	}
	return translate.Temporary(ErrAccountLimit)
}

// Settle says how a login that was tried has ended, and reports whether that was
// a failure. Only wrong credentials are: an upstream's trouble is nobody's guess.
func (a *Attempt) Settle(err error) (failed bool) {
	l, window := a.limiter, a.limits.Window
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	failed = err != nil && translate.Refuse(err).Code == translate.CodeAuth
	switch {
	case err == nil && a.known:
		l.proven.Put(a.login, struct{}{}, now, provenFor)
	case failed:
		l.count(a.account, now, window)
		if _, before := l.tried.Get(a.from, now, window); !a.known || !before {
			l.count(a.address, now, window)
		}
		if a.known {
			l.proven.Drop(a.login)
			l.tried.Put(a.from, true, now, window)
		}
	}
	if a.held {
		a.held = false
		l.release(a.address)
		l.release(a.account)
	}
	return failed
}

// Delay is how long the answer to a login that was refused is held back.
func (a *Attempt) Delay() time.Duration {
	l := a.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	now, window := l.now(), a.limits.Window
	return a.limits.delay(max(l.standing(a.address, now, window).failed, l.standing(a.account, now, window).failed))
}
