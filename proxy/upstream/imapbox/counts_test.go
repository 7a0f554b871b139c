package imapbox_test

import (
	"sync"

	"popbridge/proxy/upstream"
)

// counts is a Meter that remembers the highest values too.
type counts struct {
	mu        sync.Mutex
	now, peak [upstream.Quantities]int64
}

func newCounts() *counts { return &counts{} }

func (c *counts) Upstream(string) upstream.Tally { return c }

func (c *counts) Add(q upstream.Quantity, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[q] += n
	c.peak[q] = max(c.peak[q], c.now[q])
}

func (c *counts) of(q upstream.Quantity) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now[q]
}

func (c *counts) most(q upstream.Quantity) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peak[q]
}

// is fails where a count is not what it should be.
func (s *site) is(what string, q upstream.Quantity, want int64) {
	s.t.Helper()
	if got := s.counts.of(q); got != want {
		s.t.Errorf("%s: %d, want %d", what, got, want)
	}
}
