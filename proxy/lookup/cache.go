package lookup

import (
	"sync"
	"time"

	"popbridge/translate"
)

// generation is how many answers are kept at least: some 20 MB for a directory.
const generation = 50_000

// cache keeps answers, between one and two generations of them: when the younger one is
// full the older one is forgotten whole, which costs no list of uses. The zero value is
// ready.
type cache struct {
	mu           sync.Mutex
	young, older map[translate.DirectoryQuestion]entry
}

// entry is what a directory has said, and when.
type entry struct {
	answer translate.DirectoryAnswer
	found  bool
	at     time.Time
}

// fresh reports whether it may be used as if it had been asked for now.
func (e entry) fresh(now time.Time, found, none time.Duration) bool {
	keep := none
	if e.found {
		keep = found
	}
	return now.Sub(e.at) < keep
}

func (c *cache) get(q translate.DirectoryQuestion) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.young[q]; ok {
		return e, true
	}
	e, ok := c.older[q]
	return e, ok
}

func (c *cache) put(q translate.DirectoryQuestion, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= generation {
		c.young, c.older = make(map[translate.DirectoryQuestion]entry), c.young
	}
	c.young[q] = e
}
