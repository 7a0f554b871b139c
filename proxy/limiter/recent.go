package limiter

import "time"

// Recent is a map that forgets: what was not put for a whole period is gone after
// two, and what was put longest ago where there is too much of it. So it stays
// small whoever fills it. Times are readings of the owner's clock.
type Recent[K comparable, V any] struct {
	most   int // entries
	young  map[K]V
	old    map[K]V
	turned time.Duration
}

// NewRecent makes one for so many entries.
func NewRecent[K comparable, V any](most int) Recent[K, V] {
	return Recent[K, V]{most: most, young: make(map[K]V)}
}

// turn lets the old entries go, and makes the young ones old, where it is time.
func (r *Recent[K, V]) turn(now, period time.Duration) {
	passed := now - r.turned
	if passed < period && len(r.young) < r.most/2 {
		return
	}
	r.old = r.young
	if passed >= 2*period {
		r.old = nil
	}
	r.young, r.turned = make(map[K]V), now
}

// Get gives what was put; where the owner has no clock, now is 0 and period the longest.
func (r *Recent[K, V]) Get(k K, now, period time.Duration) (v V, ok bool) {
	r.turn(now, period)
	if v, ok = r.young[k]; !ok {
		v, ok = r.old[k]
	}
	return v, ok
}

// Put keeps a value.
func (r *Recent[K, V]) Put(k K, v V, now, period time.Duration) {
	r.turn(now, period)
	r.young[k] = v
}

// Drop forgets one.
func (r *Recent[K, V]) Drop(k K) {
	delete(r.young, k)
	delete(r.old, k)
}
