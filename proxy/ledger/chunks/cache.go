package chunks

import (
	"container/list"
	"math/rand/v2"
	"sync"
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
	mu     sync.Mutex
	limit  int
	weight int
	items  map[any]*list.Element
	order  *list.List // most recently used first
}

type cached struct {
	key, value any
	revision   int64
	weight     int
}

// NewCache gives an empty one that keeps no more octets than limit.
func NewCache(limit int) *Cache {
	return &Cache{limit: limit, items: make(map[any]*list.Element), order: list.New()}
}

// Get gives the value of a key at a revision; nil where it is not kept.
func (c *Cache) Get(key any, revision int64) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil || e.Value.(*cached).revision != revision {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).value
}

// Put keeps a value of so many octets. One that is too heavy by itself is not
// kept.
func (c *Cache) Put(key any, revision int64, value any, octets int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[key]; e != nil {
		c.drop(e)
	}
	item := &cached{key: key, value: value, revision: revision, weight: octets + itemOctets}
	if item.weight > c.limit {
		return
	}
	c.items[key] = c.order.PushFront(item)
	for c.weight += item.weight; c.weight > c.limit; {
		c.drop(c.order.Back())
	}
}

func (c *Cache) drop(e *list.Element) {
	item := c.order.Remove(e).(*cached)
	delete(c.items, item.key)
	c.weight -= item.weight
}

// Octets is what it weighs now.
func (c *Cache) Octets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.weight
}

// NewRevision never was the revision of anything before, whoever else writes.
func NewRevision() int64 { return rand.Int64() | 1 }
