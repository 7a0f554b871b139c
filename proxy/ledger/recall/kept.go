package recall

import "container/list"

// kept are values, of which the least recently used go first where there are too many.
type kept struct {
	limit  int // octets
	weight int
	items  map[any]*list.Element
	order  *list.List // most recently used first
}

// item is one value.
type item struct {
	key, value any
	made       Made
	mark       uint64 // of what it was made of, when it was read
}

// itemOctets is what an item takes of memory without what it points to: the key and the
// value, with what finds them.
const itemOctets = 640

func (i *item) octets() int { return itemOctets + i.made.Octets }

func (k *kept) get(key any) *item {
	e := k.items[key]
	if e == nil {
		return nil
	}
	k.order.MoveToFront(e)
	return e.Value.(*item)
}

func (k *kept) put(i *item) {
	if e := k.items[i.key]; e != nil {
		k.drop(e)
	}
	if i.octets() > k.limit {
		return
	}
	k.items[i.key] = k.order.PushFront(i)
	for k.weight += i.octets(); k.weight > k.limit; {
		k.drop(k.order.Back())
	}
}

func (k *kept) drop(e *list.Element) {
	i := k.order.Remove(e).(*item)
	delete(k.items, i.key)
	k.weight -= i.octets()
}
