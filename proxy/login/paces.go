package login

import (
	"crypto/rand"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// paces remember how long upstreams took, when they were last asked, to refuse a
// password.
type paces struct {
	mu sync.Mutex
	of map[paceKey]*pace
}

type paceKey struct {
	upstream string
	protocol configs.DeviceProtocol // by which one logs in to another server
	bearer   bool
}

// paceKey is for a login with a token, or where that is empty with a password.
func (a *attempt) paceKey(upstream string, bearer configs.Secret) paceKey {
	return paceKey{upstream, a.Listener.Protocol, !bearer.Empty()}
}

// pacesKept are how many times are remembered of one upstream.
const pacesKept = 16

type pace struct {
	took [pacesKept]time.Duration
	n    int // that were ever put into it
}

func newPaces() *paces { return &paces{of: make(map[paceKey]*pace)} }

// note takes the end of a login upstream. An upstream that has trouble has to be
// asked again: what it will say to the next is not known.
func (p *paces) note(key paceKey, took time.Duration, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch translate.Refuse(err).Code {
	case translate.CodeAuth:
		of := p.of[key]
		if of == nil {
			of = &pace{}
			p.of[key] = of
		}
		of.took[of.n%pacesKept] = took
		of.n++
	case translate.CodeSysTemp:
		delete(p.of, key)
	}
}

// pick gives one of the times, and false where there are none.
func (p *paces) pick(key paceKey) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.of[key]
	if of == nil {
		return 0, false
	}
	var random [1]byte
	_, _ = rand.Read(random[:]) // never fails
	return of.took[int(random[0])%min(of.n, pacesKept)], true
}
