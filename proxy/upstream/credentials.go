package upstream

import (
	"crypto/hmac"
	"strings"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/keyed"
)

const (
	acceptedFor = 24 * time.Hour
	maxAccepted = 100_000
)

// Credentials knows which credentials were accepted within a day, by a keyed hash
// that lasts as long as the process. It tells a server's bad day from a password
// that its owner has changed, where the server says only NO; see trouble.
type Credentials struct {
	hash     *keyed.Hash
	now      func() time.Time
	mu       sync.Mutex
	seen     map[Digest]standing
	outcomes map[string]map[Digest]outcome // by upstream, of accounts
}

// standing is of a credential that was accepted.
type standing struct {
	accepted time.Time
	refused  time.Time // for the first time since; zero: not yet
	recoded  bool      // it was accepted in UTF-8, and not as it came
}

// Digest is the keyed hash of a credential; it is worth nothing outside of the
// process. Compare it by Equal.
type Digest keyed.Sum

// Equal compares in constant time.
func (d Digest) Equal(other Digest) bool { return hmac.Equal(d[:], other[:]) }

func newCredentials() *Credentials {
	return &Credentials{hash: keyed.New(), now: time.Now, seen: make(map[Digest]standing), outcomes: make(map[string]map[Digest]outcome)}
}

// Digest is of what the upstream has checked: a password or a device's token. With
// a master user or a token of our own it is neither, and the account tells whose
// it is: the device's password was checked here before.
func (c *Credentials) Digest(req backend.Request) Digest {
	return c.sum(req.Upstream.Name, req.Account, req.Upstream.Auth.String(), req.Password.Reveal(), req.Bearer.Reveal())
}

// Method is the Digest of all that decides how to log in to an upstream.
func (c *Credentials) Method(u configs.Upstream) Digest {
	o := u.OAuth2
	return c.sum(append([]string{
		u.Auth.String(), u.MasterUser, u.MasterPassword.Reveal(), u.MasterSeparator, o.Flow.String(), o.TokenURL, o.DeviceURL, o.AuthURL,
		o.ClientID, o.ClientSecret.Reveal(), o.ClientCertificate, o.ClientKey, o.ClientAssertionFile, o.KeyFile, o.CAFile, o.Mechanism.String(), strings.Join(u.Ignore, " "),
	}, o.Scopes...)...)
}

func (c *Credentials) sum(texts ...string) Digest { return Digest(c.hash.Of(texts...)) }

// Accepted notes that a server has let a credential in; recoded says that it was sent
// in UTF-8 and not as it came (see TryPassword).
func (c *Credentials) Accepted(req backend.Request, recoded bool) {
	sum, now := c.Digest(req), c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(req, true, now)
	c.seen[sum] = standing{accepted: now, recoded: recoded}
	for other, s := range c.seen {
		if len(c.seen) <= maxAccepted {
			break
		}
		if other != sum && (now.Sub(s.accepted) > acceptedFor || len(c.seen) > maxAccepted) {
			delete(c.seen, other)
		}
	}
}

// WasAccepted reports whether a credential was accepted within a day, and how.
func (c *Credentials) WasAccepted(req backend.Request) (recoded, ok bool) {
	sum := c.Digest(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.seen[sum]
	ok = ok && c.now().Sub(s.accepted) < acceptedFor
	return ok && s.recoded, ok
}
