package upstream

import (
	"time"

	"popbridge/proxy/backend"
)

const (
	// troubleFor is how long a refusal without a reason is the server's trouble
	// where the credential was good before, and how long a login says something of
	// how its server is.
	troubleFor = 15 * time.Minute
	// maxOutcomes bounds the accounts of an upstream whose last login is known.
	maxOutcomes = 10_000
)

// outcome is how an account's last login ended.
type outcome struct {
	at       time.Time
	accepted bool
}

// trouble judges a refusal that gives no reason. An owner who has changed the
// password must hear so, and a device must not ask for a password because its
// server has a bad moment (Courier, Exchange and hMailServer say the same NO to
// both). A credential that was good within a day is the server's trouble for the
// first 15 minutes, and after that for as long as others that were good are refused
// there too, no fewer than are let in. Guesses say nothing of a server.
func (c *Credentials) trouble(req backend.Request) bool {
	sum, now := c.Digest(req), c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.seen[sum]
	if !ok || now.Sub(s.accepted) >= acceptedFor {
		return false
	}
	if s.refused.IsZero() {
		s.refused = now
		c.seen[sum] = s
	}
	c.note(req, false, now)
	if now.Sub(s.refused) < troubleFor || c.othersFail(req, now) {
		return true
	}
	delete(c.seen, sum)
	return false
}

// unavailable notes that a server says itself that it cannot let anybody in now, of a
// credential that was good within a day.
func (c *Credentials) unavailable(req backend.Request) {
	sum, now := c.Digest(req), c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.seen[sum]; ok && now.Sub(s.accepted) < acceptedFor {
		c.note(req, false, now)
	}
}

// forget says that a credential is wrong: the server has said so.
func (c *Credentials) forget(req backend.Request) {
	sum := c.Digest(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, sum)
}

// note keeps how a login of an account has ended.
func (c *Credentials) note(req backend.Request, accepted bool, now time.Time) {
	of := c.outcomes[req.Upstream.Name]
	if of == nil {
		of = make(map[Digest]outcome)
		c.outcomes[req.Upstream.Name] = of
	}
	account := c.sum(req.Account)
	of[account] = outcome{now, accepted}
	for other, o := range of {
		if len(of) <= maxOutcomes {
			break
		}
		if other != account && (now.Sub(o.at) >= troubleFor || len(of) > maxOutcomes) {
			delete(of, other)
		}
	}
}

// othersFail reports whether other accounts are refused without a reason, and no
// fewer than are let in.
func (c *Credentials) othersFail(req backend.Request, now time.Time) bool {
	account := c.sum(req.Account)
	refused, accepted := 0, 0
	for other, o := range c.outcomes[req.Upstream.Name] {
		switch {
		case other == account || now.Sub(o.at) >= troubleFor:
		case o.accepted:
			accepted++
		default:
			refused++
		}
	}
	return refused > 0 && refused >= accepted
}
