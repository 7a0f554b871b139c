package ledger

import (
	"container/list"
	"sync"
)

// maxCached bounds what a Store keeps decoded, in messages (about 32 octets
// each), whatever the number of accounts.
const maxCached = 500_000

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

// put keeps a value of so many messages. One that is too heavy by itself is not
// kept.
func (c *cache) put(key any, revision int64, value any, messages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[key]; e != nil {
		c.drop(e)
	}
	item := &cached{key: key, value: value, revision: revision, weight: messages + 8}
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
