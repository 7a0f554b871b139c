package page

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// person is a login to the page that has not ended.
type person struct {
	token string    // that each of its forms brings
	ends  time.Time // at the latest
	mark  [sha256.Size]byte

	mu      sync.Mutex
	notices map[string]notice
}

// people are all of them. They are kept in memory: when the service ends, so do they.
type people struct {
	mu sync.Mutex
	of map[[sha256.Size]byte]*person // by the digest of their cookie, so that the time to find one says nothing of it
}

// maxPeople bounds how many logins there are; then the one that would end first does.
const maxPeople = 1000

func newPeople() *people { return &people{of: make(map[[sha256.Size]byte]*person)} }

// admit begins a login, and gives the secret of its cookie. It ends with the password
// that mark stands for.
func (p *people) admit(long time.Duration, mark [sha256.Size]byte) (secret string, ends time.Time) {
	secret = rand.Text()
	one := &person{token: rand.Text(), ends: time.Now().Add(long), mark: mark, notices: make(map[string]notice)}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, other := range p.of {
		if time.Now().After(other.ends) {
			delete(p.of, key)
		}
	}
	if len(p.of) >= maxPeople {
		var first [sha256.Size]byte
		var found *person
		for key, other := range p.of {
			if found == nil || other.ends.Before(found.ends) {
				first, found = key, other
			}
		}
		delete(p.of, first)
	}
	p.of[sha256.Sum256([]byte(secret))] = one
	return secret, one.ends
}

// find gives whose cookie a secret is; nil for nobody's.
func (p *people) find(secret string, mark [sha256.Size]byte) *person {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.of[sha256.Sum256([]byte(secret))]
	if one == nil || time.Now().After(one.ends) || one.mark != mark {
		return nil
	}
	return one
}

// leave ends a login.
func (p *people) leave(secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, sha256.Sum256([]byte(secret)))
}

// owns reports whether a form is of this login.
func (p *person) owns(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(p.token)) == 1
}

// notice is what a change has come to. It is shown once.
type notice struct {
	Bad    bool
	Text   string
	Secret string // what is told this once
	Lines  []string
}

// maxNotices bounds those of a login that were not looked at.
const maxNotices = 20

// leaveNotice keeps a notice for the next look, and gives the name that asks for it.
func (p *person) leaveNotice(n notice) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.notices) >= maxNotices {
		clear(p.notices)
	}
	name := rand.Text()
	p.notices[name] = n
	return name
}

// takeNotice gives a notice, once.
func (p *person) takeNotice(name string) *notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.notices[name]
	if !ok {
		return nil
	}
	delete(p.notices, name)
	return &n
}

// cookieName is what the cookie is called. Under TLS the prefix keeps any other host from
// setting it (RFC 6265bis §4.1.3.2).
func cookieName(secure bool) string {
	if secure {
		return "__Host-popbridge"
	}
	return "popbridge"
}

// cookie carries a login's secret; an empty one takes it away.
func cookie(secret string, ends time.Time, secure bool) *http.Cookie {
	c := &http.Cookie{Name: cookieName(secure), Value: secret, Path: "/", Expires: ends, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}
