package upstream

import (
	"container/list"
	"crypto/hmac"
	"slices"
	"sync"
	"time"
)

// lot is where links wait for their device's next poll, at most so many for
// each upstream, the least recently used leaving first. It has no goroutine:
// each parked link has a timer that ends its stay.
type lot struct {
	mu      sync.Mutex
	berths  map[berth][]*parked
	inUse   map[*link]struct{}    // those that belong to a Mailbox
	byUse   map[string]*list.List // by upstream, most recently parked in front
	silent  map[string]*list.List // of them, those whose sessions go on
	queue   map[string]int        // by upstream, logins that wait for a place
	serves  func(berth) bool      // by the configuration in force
	closing bool
	leaving sync.WaitGroup // farewells that nobody waits for
}

type parked struct {
	*link
	elem   *list.Element
	silent *list.Element // nil: its session has ended
	timer  *time.Timer
}

// silentShare is the part of the places that the links of silent sessions may
// have. Most of these devices say nothing more but QUIT, and ten thousand of them
// must not turn out what waits for the polls of others.
const silentShare = 4

func newLot() *lot {
	return &lot{
		berths: make(map[berth][]*parked), inUse: make(map[*link]struct{}), byUse: make(map[string]*list.List), silent: make(map[string]*list.List), queue: make(map[string]int),
		serves: func(berth) bool { return true },
	}
}

// park keeps a link for a time, or says farewell to it where it may not stay:
// because logins wait for its place, or because a reload has changed its upstream,
// or end has hit it, while it was in use. If more than most wait by then, the
// oldest leave; so do the oldest of silent sessions beyond their share.
func (t *lot) park(l *link, reuse, reauth time.Duration, most int, silent bool) {
	stay := min(reuse, time.Until(l.loggedIn.Add(reauth)))
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.inUse, l)
	if t.closing || l.expelled || stay <= 0 || l.broken() || t.queue[l.berth.name] > 0 || !t.serves(l.berth) {
		t.leave(l)
		return
	}
	p := &parked{link: l}
	p.tally.Add(Parked, 1)
	p.timer = time.AfterFunc(stay, func() { t.expire(p) })
	t.berths[l.berth] = append(t.berths[l.berth], p)
	use, quiet := listOf(t.byUse, l.berth.name), listOf(t.silent, l.berth.name)
	p.elem = use.PushFront(p)
	if silent {
		p.silent = quiet.PushFront(p)
	}
	t.shrink(quiet, max(1, most/silentShare))
	t.shrink(use, max(0, most))
}

func listOf(lists map[string]*list.List, upstream string) *list.List {
	if lists[upstream] == nil {
		lists[upstream] = list.New()
	}
	return lists[upstream]
}

// shrink lets the oldest leave; the caller holds the lock.
func (t *lot) shrink(of *list.List, most int) {
	for of.Len() > most {
		oldest := of.Back().Value.(*parked)
		t.remove(oldest)
		t.leave(oldest.link)
	}
}

// leave says farewell without making anybody wait; the caller holds the lock.
func (t *lot) leave(l *link) {
	if t.closing {
		l.close()
		return
	}
	t.leaving.Go(l.farewell)
}

// take gives a link back to a login with the same credential, the most recently
// parked first; nil where there is none. A wrong password finds nothing here
// and leaves what is parked alone, or guessers could end it.
func (t *lot) take(b berth, credential proof) *link {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := t.berths[b]
	for i := len(waiting) - 1; i >= 0; i-- {
		if p := waiting[i]; hmac.Equal(p.proof[:], credential[:]) {
			t.remove(p)
			return p.link
		}
	}
	return nil
}

// evict gives up the least recently used link of an upstream, if there is one, so
// that a login that waits for a place gets it.
func (t *lot) evict(upstream string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if use := t.byUse[upstream]; use != nil && use.Len() > 0 {
		t.shrink(use, use.Len()-1)
	}
}

// distrust ends what is parked at a berth where a link has fallen silent without
// a word: the network or the server has forgotten them all, most likely, and
// each would keep a login waiting as long as that one did.
func (t *lot) distrust(b berth) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range slices.Clone(t.berths[b]) {
		t.remove(p)
		t.leave(p.link)
	}
}

// serving reports whether an account has links upstream, parked or in use.
func (t *lot) serving(upstream, account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range t.inUse {
		if l.berth.name == upstream && l.berth.account == account {
			return true
		}
	}
	for b := range t.berths {
		if b.name == upstream && b.account == account {
			return true
		}
	}
	return false
}

// wait counts a login that waits for a place: as long as there is one, links
// leave instead of parking. Those that are parked leave in any case when there is
// no place, see evict.
func (t *lot) wait(upstream string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue[upstream] += n; t.queue[upstream] == 0 {
		delete(t.queue, upstream)
	}
}

// expire ends a stay, unless the link has been taken meanwhile.
func (t *lot) expire(p *parked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.elem != nil {
		t.remove(p)
		t.leave(p.link)
	}
}

// remove takes p out; the caller holds the lock.
func (t *lot) remove(p *parked) {
	p.timer.Stop()
	t.byUse[p.berth.name].Remove(p.elem)
	if p.silent != nil {
		t.silent[p.berth.name].Remove(p.silent)
	}
	p.elem, p.silent = nil, nil
	p.tally.Add(Parked, -1)
	waiting := t.berths[p.berth]
	for i, other := range waiting {
		if other == p {
			waiting = append(waiting[:i], waiting[i+1:]...)
			break
		}
	}
	if len(waiting) == 0 {
		delete(t.berths, p.berth)
		return
	}
	t.berths[p.berth] = waiting
}

// serve says farewell to every link for which serves is false, now or when it
// comes to be parked.
func (t *lot) serve(serves func(berth) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serves = serves
	var leaving []*parked
	for b, waiting := range t.berths {
		if !serves(b) {
			leaving = append(leaving, waiting...)
		}
	}
	for _, p := range leaving {
		t.remove(p)
		t.leave(p.link)
	}
}

// close empties the lot for good and waits for the farewells.
func (t *lot) close() {
	t.serve(func(berth) bool { return false })
	t.mu.Lock()
	t.closing = true
	t.mu.Unlock()
	t.leaving.Wait()
}
