package keyed_test

import (
	"strings"
	"testing"

	"popbridge/proxy/keyed"
)

// TestHash: the same parts have the same Sum for as long as the Hash lives, also after
// others, and everything else has another one.
func TestHash(t *testing.T) {
	h := keyed.New()
	seen := make(map[keyed.Sum]int)
	all := [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a\x00b"}, {"a", "\x00b"}, {strings.Repeat("a", 1<<20)}, {strings.Repeat("a", 1<<20) + "b"}}
	for n, parts := range all {
		sum := h.Of(parts...)
		if other, ok := seen[sum]; ok {
			t.Errorf("%.20q and %.20q have the same sum", parts, all[other])
		}
		seen[sum] = n
	}
	for n, parts := range all {
		if other, ok := seen[h.Of(parts...)]; !ok || other != n {
			t.Errorf("%.20q has another sum now", parts)
		}
		if _, ok := seen[keyed.New().Of(parts...)]; ok {
			t.Errorf("%.20q has the same sum with another key", parts)
		}
	}
}
