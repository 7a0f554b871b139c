package proxy

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// guess is one login that is to be tried.
type guess struct {
	guard   *guard
	limits  translate.GuessLimits
	address subject // 0: its failures are not counted
	account subject
	known   bool        // the password can be told from another
	login   fingerprint // of the account with the password
	from    fingerprint // of both with the address
	held    bool        // it is counted as pending
}

// Why a login was refused unseen. A device that has the right password must not
// ask its owner for another, and a guesser must learn nothing: both are told that
// the mail server is not available, whether the password is right or wrong, and
// whether or not there is such an account.
var (
	errAddressGuesses = errors.New("too many failed logins from this address, see limits.failures_per_ip")
	errAccountGuesses = errors.New("too many failed logins for this account, see limits.failures_per_account")
	errFailedBefore   = errors.New("this password was refused a while ago, and is not tried again: too many failed logins for this account")
	errGuessesPending = errors.New("too many logins from this address or for this account are being tried")
)

// limitOf names the limit that a login was refused by, for the log; empty: none.
func limitOf(err error) string {
	switch {
	case errors.Is(err, errAddressGuesses):
		return "address"
	case errors.Is(err, errAccountGuesses), errors.Is(err, errFailedBefore):
		return "account"
	}
	return ""
}

// guessLimits are those of a configuration for a client.
func guessLimits(l configs.Limits, client netip.Addr) translate.GuessLimits {
	limits := translate.GuessLimits{PerIP: l.FailuresPerIP, PerAccount: l.FailuresPerAccount, Window: l.FailureWindow, Delay: l.FailureDelay}
	if configs.Contains(l.FailuresPerIPExempt, client) {
		limits.PerIP = 0
	}
	return limits
}

// begin says whether a login may be tried, after waiting for others where they
// might be the last failures that are allowed; ctx bounds the waiting. The account
// is named as its upstream knows it, in whatever case of letters. password is empty
// where a device tried to prove that it knows one, without sending it, and failed. A
// login that may be tried has to be settled. Its error is a Refusal; a guess is given
// in any case.
func (g *guard) begin(ctx context.Context, limits translate.GuessLimits, client netip.Addr, account string, password configs.Secret) (*guess, error) {
	q := &guess{
		guard: g, limits: limits, known: !password.Empty(),
		address: addressOf(limits, client), account: subjectOf("account", strings.ToLower(account)),
	}
	if q.known {
		q.login, q.from = g.printOf(account, password.Reveal()), g.printOf(account, password.Reveal(), household(client).String())
	}
	for {
		address, account, err := g.judge(q)
		if address == nil && account == nil {
			return q, err
		}
		select {
		case <-address:
		case <-account:
		case <-ctx.Done():
			return q, translate.Temporary(errGuessesPending)
		}
	}
}

// judge takes a login, refuses it, or gives what to wait for.
func (g *guard) judge(q *guess) (address, account <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, window := g.now(), q.limits.Window
	proven := false
	if q.known {
		_, proven = g.proven.get(q.login, now, provenFor)
	}
	switch q.limits.Judge(g.standing(q.address, now, window), g.standing(q.account, now, window), proven) {
	case translate.VerdictAddress:
		return nil, nil, translate.Temporary(errAddressGuesses)
	case translate.VerdictAccount:
		return nil, nil, g.unseen(q, now)
	case translate.VerdictWait:
		return g.changed(q.address), g.changed(q.account), nil
	}
	if !proven {
		q.held = true
		g.hold(q.address)
		g.hold(q.account)
	}
	return nil, nil, nil
}

// unseen refuses a login whose account has had its failures. The answer to a
// password that was refused before is known, and tells nobody anything new.
func (g *guard) unseen(q *guess, now time.Duration) error {
	refused, before := g.tried.get(q.from, now, q.limits.Window)
	if q.known && before && refused {
		return translate.BadCredentials(errFailedBefore)
	}
	if !q.known || !before {
		g.count(q.address, now, q.limits.Window)
	}
	if q.known {
		g.tried.put(q.from, false, now, q.limits.Window)
	}
	return translate.Temporary(errAccountGuesses)
}

// settle says how a login that was tried has ended, and reports whether that was
// a failure. Only wrong credentials are: an upstream's trouble is nobody's guess.
func (q *guess) settle(err error) (failed bool) {
	g, window := q.guard, q.limits.Window
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	failed = err != nil && translate.Refuse(err).Code == translate.CodeAuth
	switch {
	case err == nil && q.known:
		g.proven.put(q.login, struct{}{}, now, provenFor)
	case failed:
		g.count(q.account, now, window)
		if _, before := g.tried.get(q.from, now, window); !q.known || !before {
			g.count(q.address, now, window)
		}
		if q.known {
			g.proven.drop(q.login)
			g.tried.put(q.from, true, now, window)
		}
	}
	if q.held {
		q.held = false
		g.release(q.address)
		g.release(q.account)
	}
	return failed
}

// spent reports whether too many logins have failed from an address, before one
// costs anything.
func (g *guard) spent(limits translate.GuessLimits, client netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	standing := g.standing(addressOf(limits, client), g.now(), limits.Window)
	return limits.Judge(standing, translate.Standing{}, true) == translate.VerdictAddress
}

// fail counts a failure of an address alone, and gives how long the answer to it is
// held back.
func (g *guard) fail(limits translate.GuessLimits, client netip.Addr) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	address, now := addressOf(limits, client), g.now()
	g.count(address, now, limits.Window)
	return limits.Hold(g.standing(address, now, limits.Window).Failed)
}

// addressOf is an address as failures are counted for it; 0: they are not.
func addressOf(limits translate.GuessLimits, client netip.Addr) subject {
	if limits.PerIP <= 0 {
		return 0
	}
	return subjectOf("address", household(client).String())
}

// delay is how long the answer to a login that was refused is held back.
func (q *guess) delay() time.Duration {
	g := q.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	now, window := g.now(), q.limits.Window
	return q.limits.Hold(max(g.standing(q.address, now, window).Failed, g.standing(q.account, now, window).Failed))
}
