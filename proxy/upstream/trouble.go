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
	// troubleEach is how much longer each other account that is refused too lets it be
	// the server's trouble.
	troubleEach = time.Hour
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
// first 15 minutes, and after that while others that were good are refused there too,
// no fewer than are let in, an hour for each: two owners who have changed their passwords
// would else keep one another waiting until the day is over. Guesses say nothing of a server.
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
	if refused := now.Sub(s.refused); refused < troubleFor || refused < time.Duration(c.othersFail(req, now))*troubleEach {
		c.note(req, false, now)
		return true
	}
	delete(c.seen, sum)
	delete(c.outcomes[req.Upstream.Name], c.sum(req.Account)) // what is the owner's doing says nothing of the server
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

// othersFail is how many other accounts are refused without a reason now; 0 where more
// are let in.
func (c *Credentials) othersFail(req backend.Request, now time.Time) int {
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
	if refused < accepted {
		return 0
	}
	return refused
}
