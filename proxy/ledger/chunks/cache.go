package chunks

import (
	"math/rand/v2"
	"sync"

	"popbridge/proxy/ledger/lru"
)

// How many octets of memory things take, about: an entry of a listing, a UID in a
// set, a message in a map, the map's or list's own.
const (
	EntryOctets = 48
	UIDOctets   = 16
	PlaceOctets = 32
	itemOctets  = 256
)

// Cache keeps what active mailboxes have decoded, the least recently used going
// first. What it keeps is shared and never changed; a revision tells whether it
// still is what the database holds.
type Cache struct {
	mu   sync.Mutex
	kept *lru.Cache // of *cached
}

type cached struct {
	value    any
	revision int64
}

// NewCache gives an empty one that keeps no more octets than limit.
func NewCache(limit int) *Cache {
	return &Cache{kept: lru.New(limit)}
}

// Get gives the value of a key at a revision; nil where it is not kept.
func (c *Cache) Get(key any, revision int64) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if of, _ := c.kept.Get(key).(*cached); of != nil && of.revision == revision {
		return of.value
	}
	return nil
}

// Put keeps a value of so many octets. One that is too heavy by itself is not
// kept.
func (c *Cache) Put(key any, revision int64, value any, octets int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Put(key, &cached{value, revision}, octets+itemOctets)
}

// Octets is what it weighs now.
func (c *Cache) Octets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Octets()
}

// NewRevision never was the revision of anything before, whoever else writes.
func NewRevision() int64 { return rand.Int64() | 1 }
