package lru_test

import (
	"testing"

	"popbridge/proxy/ledger/lru"
)

// TestCache: what was used last stays, what is put again weighs once, and what is too heavy
// takes the place of nothing but its own older value.
func TestCache(t *testing.T) {
	c := lru.New(30)
	for _, key := range []string{"a", "b", "c"} {
		c.Put(key, key, 10)
	}
	c.Get("a")
	c.Put("d", "d", 10)
	c.Put("d", "again", 10)
	c.Put("x", "x", 31)
	c.Put("c", "c", 31)
	for key, want := range map[string]any{"a": "a", "b": nil, "c": nil, "d": "again", "x": nil} {
		if got := c.Get(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if n := c.Octets(); n != 20 {
		t.Errorf("it weighs %d octets, want 20", n)
	}
}
