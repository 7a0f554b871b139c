package ledger

import (
	"container/list"
	"sync"

	"github.com/emersion/go-imap/v2"
)

// maxCached bounds what a Store keeps decoded, in octets, whatever the number of
// accounts and of messages: unique-ids of an old server may have 8 KB each.
const maxCached = 32 << 20

// How many octets of memory things take, about: an entry of a listing, a UID in a
// set, a message in a map, the map's or list's own.
const (
	entryOctets = 48
	uidOctets   = 16
	placeOctets = 32
	itemOctets  = 256
)

// octets is what a snapshot takes.
func (s *snapshot) octets() int {
	n := entryOctets*len(s.listing.Entries) + placeOctets*len(s.measured)
	for _, e := range s.listing.Entries {
		n += len(e.UniqueID)
	}
	return n
}

// pinOctets is what pinned unique-ids take.
func pinOctets(pins map[imap.UID]string) int {
	n := entryOctets * len(pins)
	for _, id := range pins {
		n += len(id)
	}
	return n
}

// cache keeps what active mailboxes have decoded, the least recently used going
// first. What it keeps is shared and never changed; a revision tells whether it
// still is what the database holds.
type cache struct {
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

func newCache(limit int) *cache {
	return &cache{limit: limit, items: make(map[any]*list.Element), order: list.New()}
}

func (c *cache) get(key any, revision int64) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil || e.Value.(*cached).revision != revision {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).value
}

// put keeps a value of so many octets. One that is too heavy by itself is not
// kept.
func (c *cache) put(key any, revision int64, value any, octets int) {
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

func (c *cache) drop(e *list.Element) {
	item := c.order.Remove(e).(*cached)
	delete(c.items, item.key)
	c.weight -= item.weight
}
