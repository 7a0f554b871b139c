package imapbox

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"popbridge/proxy/upstream"
)

// idlePool is where connections wait for their device's next poll, at most so many
// for each upstream, the least recently used leaving first. It has no goroutine:
// each parked connection has a timer that ends its stay.
type idlePool struct {
	mu      sync.Mutex
	byKey   map[idleKey][]*parked
	inUse   map[*connection]struct{} // those that belong to a Mailbox
	byUse   map[string]*list.List    // by upstream, most recently parked in front
	silent  map[string]*list.List    // of them, those whose sessions go on
	fresh   map[string]*list.List    // of them, those of newcomers
	queue   map[string]int           // by upstream, logins that wait for a place
	keep    func(idleKey) bool       // by the configuration in force
	closing bool
	leaving sync.WaitGroup // logouts that nobody waits for
}

type parked struct {
	*connection
	elem   *list.Element
	silent *list.Element // nil: its session has ended
	fresh  *list.Element // nil: it is no newcomer's
	timer  *time.Timer
}

// silentShare is the part of the places that the connections of silent sessions may
// have. Most of these devices say nothing more but QUIT, and ten thousand of them
// must not push out the connections that wait for others.
const silentShare = 4

// Newcomers are those whose credential nobody had used in a day. Many of them may come at
// once: a new proxy, a move, a day's first hour. Whether they come again before reuse is
// over nobody knows, and each connection that waits is a process that the server starts
// (Dovecot takes five times as long for it as for the listing of 1,000 messages). So they
// have an eighth of the places, and 64 in any case; who leaves early logs in once more.
const (
	freshShare = 8
	freshFew   = 64
)

func newIdlePool() *idlePool {
	return &idlePool{
		byKey: make(map[idleKey][]*parked), inUse: make(map[*connection]struct{}), byUse: make(map[string]*list.List),
		silent: make(map[string]*list.List), fresh: make(map[string]*list.List), queue: make(map[string]int), keep: func(idleKey) bool { return true },
	}
}

// park keeps a connection for a time, or logs it out where it may not stay:
// because logins wait for its place, or because a reload has changed its upstream,
// or end has named it, while it was in use. If more than most wait by then, the
// oldest leave; so do the oldest of silent sessions and of newcomers beyond their share.
func (i *idlePool) park(c *connection, reuse, reauth time.Duration, most int, silent bool) {
	stay := min(reuse, time.Until(c.loggedIn.Add(reauth)))
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.inUse, c)
	if i.closing || c.ended || stay <= 0 || c.broken() || i.queue[c.key.upstream] > 0 || !i.keep(c.key) {
		i.leave(c)
		return
	}
	p := &parked{connection: c}
	p.tally.Add(upstream.Parked, 1)
	p.timer = time.AfterFunc(stay, func() { i.expire(p) })
	i.byKey[c.key] = append(i.byKey[c.key], p)
	use, quiet, fresh := listOf(i.byUse, c.key.upstream), listOf(i.silent, c.key.upstream), listOf(i.fresh, c.key.upstream)
	p.elem = use.PushFront(p)
	if silent {
		p.silent = quiet.PushFront(p)
	}
	if c.newcomer {
		p.fresh = fresh.PushFront(p)
	}
	i.shrink(quiet, max(1, most/silentShare))
	i.shrink(fresh, max(freshFew, most/freshShare))
	i.shrink(use, max(0, most))
}

func listOf(lists map[string]*list.List, upstream string) *list.List {
	if lists[upstream] == nil {
		lists[upstream] = list.New()
	}
	return lists[upstream]
}

// shrink lets the oldest leave; the caller holds the lock.
func (i *idlePool) shrink(of *list.List, most int) {
	for of.Len() > most {
		oldest := of.Back().Value.(*parked)
		i.remove(oldest)
		i.leave(oldest.connection)
	}
}

// leave logs out without making anybody wait; the caller holds the lock.
func (i *idlePool) leave(c *connection) {
	if i.closing {
		c.close()
		return
	}
	i.leaving.Go(c.logout)
}

// take gives a connection back to a login with the same credential, the most recently
// parked first; nil where there is none. A wrong password finds nothing here
// and leaves what is parked alone, or guessers could end it.
func (i *idlePool) take(key idleKey, credential upstream.Digest) *connection {
	i.mu.Lock()
	defer i.mu.Unlock()
	waiting := i.byKey[key]
	for _, p := range slices.Backward(waiting) {
		if p.credential.Equal(credential) {
			i.remove(p)
			p.newcomer = false // it has come again
			return p.connection
		}
	}
	return nil
}

// evict gives up the least recently used connection of an upstream, if there is one, so
// that a login that waits for a place gets it.
func (i *idlePool) evict(upstream string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if use := i.byUse[upstream]; use != nil && use.Len() > 0 {
		i.shrink(use, use.Len()-1)
	}
}

// drop ends what is parked under the key of a connection that has fallen silent
// without a word: the network or the server has forgotten them all, most likely, and
// each would keep a login waiting as long as that one did.
func (i *idlePool) drop(key idleKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range slices.Clone(i.byKey[key]) {
		i.remove(p)
		i.leave(p.connection)
	}
}

// serving reports whether an account has connections upstream, parked or in use.
func (i *idlePool) serving(upstream, account string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for c := range i.inUse {
		if c.key.upstream == upstream && c.key.account == account {
			return true
		}
	}
	for key := range i.byKey {
		if key.upstream == upstream && key.account == account {
			return true
		}
	}
	return false
}

// wait counts a login that waits for a place: as long as there is one, connections
// leave instead of parking. Those that are parked leave in any case when there is
// no place, see evict.
func (i *idlePool) wait(upstream string, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.queue[upstream] += n; i.queue[upstream] == 0 {
		delete(i.queue, upstream)
	}
}

// expire ends a stay, unless the connection has been taken meanwhile.
func (i *idlePool) expire(p *parked) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if p.elem != nil {
		i.remove(p)
		i.leave(p.connection)
	}
}

// remove takes p out; the caller holds the lock.
func (i *idlePool) remove(p *parked) {
	p.timer.Stop()
	i.byUse[p.key.upstream].Remove(p.elem)
	if p.silent != nil {
		i.silent[p.key.upstream].Remove(p.silent)
	}
	if p.fresh != nil {
		i.fresh[p.key.upstream].Remove(p.fresh)
	}
	p.elem, p.silent, p.fresh = nil, nil, nil
	p.tally.Add(upstream.Parked, -1)
	waiting := i.byKey[p.key]
	waiting = slices.DeleteFunc(waiting, func(other *parked) bool { return other == p })
	if len(waiting) == 0 {
		delete(i.byKey, p.key)
		return
	}
	i.byKey[p.key] = waiting
}

// retain logs out every connection for which keep is false, now or when it comes to
// be parked.
func (i *idlePool) retain(keep func(idleKey) bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keep = keep
	var leaving []*parked
	for key, waiting := range i.byKey {
		if !keep(key) {
			leaving = append(leaving, waiting...)
		}
	}
	for _, p := range leaving {
		i.remove(p)
		i.leave(p.connection)
	}
}

// close empties the pool for good and waits for the logouts.
func (i *idlePool) close() {
	i.retain(func(idleKey) bool { return false })
	i.mu.Lock()
	i.closing = true
	i.mu.Unlock()
	i.leaving.Wait()
}
