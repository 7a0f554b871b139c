// Package lru keeps values up to a weight, the least recently used going first.
package lru

import "container/list"

// Cache is one. It is used by one goroutine at a time.
type Cache struct {
	limit  int // octets
	weight int
	items  map[any]*list.Element
	order  *list.List // most recently used first
}

type item struct {
	key, value any
	octets     int
}

// New gives an empty one that keeps no more octets than limit.
func New(limit int) *Cache {
	return &Cache{limit: limit, items: make(map[any]*list.Element), order: list.New()}
}

// Get gives the value of a key; nil where it is not kept.
func (c *Cache) Get(key any) any {
	e := c.items[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*item).value
}

// Put keeps a value of so many octets instead of what was kept of its key. One that is
// too heavy by itself is not kept.
func (c *Cache) Put(key, value any, octets int) {
	if e := c.items[key]; e != nil {
		c.drop(e)
	}
	if octets > c.limit {
		return
	}
	c.items[key] = c.order.PushFront(&item{key, value, octets})
	for c.weight += octets; c.weight > c.limit; {
		c.drop(c.order.Back())
	}
}

func (c *Cache) drop(e *list.Element) {
	i := c.order.Remove(e).(*item)
	delete(c.items, i.key)
	c.weight -= i.octets
}

// Octets is what it weighs now.
func (c *Cache) Octets() int { return c.weight }
