// Package troubles remembers what has gone wrong for devices lately, in memory: a refused
// login must not cost a write, or anybody could fill the ledger.
package troubles

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"popbridge/proxy/backend"
)

const (
	// kept is how long trouble is remembered that has not come again.
	kept = 7 * 24 * time.Hour
	// most is how many there are at most, and mostFrom of them from one address: whoever
	// tries names does not push out what others ask about.
	most, mostFrom = 10_000, 100
)

// Memory remembers. It may be used by any number of goroutines.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex
	of     map[key]*backend.Trouble
	counts map[string]int // by address
}

// key is what makes trouble the same as before.
type key struct {
	kind                                                 backend.TroubleKind
	account, device, user, client, upstream, code, cause string
}

// New makes one that remembers nothing.
func New() *Memory {
	return &Memory{now: time.Now, of: make(map[key]*backend.Trouble), counts: make(map[string]int)}
}

// Note remembers trouble. What is the same as before is counted.
func (m *Memory) Note(t backend.Trouble) {
	k := key{t.Kind, t.Account, t.Device, t.User, t.Client, t.Upstream, t.Code, t.Cause}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before := m.of[k]; before != nil && m.now().Sub(before.Last) < kept {
		before.Last, before.Times = t.Last, before.Times+1
		return
	}
	if m.counts[t.Client] >= mostFrom {
		m.drop(func(other *backend.Trouble) bool { return other.Client == t.Client })
	} else if len(m.of) >= most {
		m.drop(func(*backend.Trouble) bool { return true })
	}
	if m.of[k] == nil {
		m.counts[t.Client]++
	}
	m.of[k] = &t
}

// drop forgets what is oldest of some.
func (m *Memory) drop(of func(*backend.Trouble) bool) {
	var oldest key
	var found *backend.Trouble
	for k, t := range m.of {
		if of(t) && (found == nil || t.Last.Before(found.Last)) {
			oldest, found = k, t
		}
	}
	if found == nil {
		return
	}
	delete(m.of, oldest)
	if m.counts[found.Client]--; m.counts[found.Client] == 0 {
		delete(m.counts, found.Client)
	}
}

// About gives what is known of an account, of an address, or where whom is empty of all,
// the newest first, limit at most. A name that led to no account counts as one.
func (m *Memory) About(whom string, limit int) []backend.Trouble {
	address, err := netip.ParseAddr(whom)
	if err == nil {
		whom = address.Unmap().String()
	}
	m.mu.Lock()
	found := []backend.Trouble{}
	for _, t := range m.of {
		about := whom == "" || err == nil && t.Client == whom || err != nil && (strings.EqualFold(t.Account, whom) || t.Account == "" && strings.EqualFold(t.User, whom))
		if about && m.now().Sub(t.Last) < kept {
			found = append(found, *t)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(found, func(a, b backend.Trouble) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Cause, b.Cause))
	})
	return found[:min(len(found), limit)]
}
