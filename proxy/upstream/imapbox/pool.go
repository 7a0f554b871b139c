package imapbox

import (
	"sync"
	"sync/atomic"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// Pool is what the mailboxes of a process share: connections that wait for the next
// poll, what is known of accounts, and what upstreams have taught.
type Pool struct {
	dialer     *upstream.Dialer
	idle       *idlePool
	prefetched budget
	far        remoteness      // from which on a server is far away
	tokens     upstream.Tokens // nil: there are none
	blocks     blocks

	mu      sync.Mutex
	names   map[nameKey]names
	shown   map[shownKey][]string    // mailboxes that maildrops showed at their last login
	kept    map[keptKey]keeps        // what mailboxes can keep
	sought  map[soughtKey]sought     // what searches have found in mailboxes
	lessons map[string]*lessons      // by name and address
	caps    map[string]goimap.CapSet // by their names

	stumbles map[keptKey]stumbles
}

// NewPool makes a Pool. Close it.
func NewPool(d *upstream.Dialer) *Pool {
	return &Pool{
		dialer: d, idle: newIdlePool(), far: farAway,
		names: make(map[nameKey]names), shown: make(map[shownKey][]string), kept: make(map[keptKey]keeps), sought: make(map[soughtKey]sought), caps: make(map[string]goimap.CapSet), lessons: make(map[string]*lessons),
		stumbles: make(map[keptKey]stumbles),
	}
}

// Configure tells the Pool of a configuration: what was learned is forgotten, and
// idle connections end whose upstream is no longer the same, as do those that are in
// use when their sessions let go.
func (p *Pool) Configure(cfg *configs.Config) {
	p.prefetched.limit.Store(int64(cfg.Limits.PrefetchMemory))
	p.mu.Lock()
	clear(p.names)
	clear(p.shown)
	clear(p.kept)
	clear(p.lessons)
	clear(p.stumbles)
	p.mu.Unlock()
	p.idle.retain(func(key idleKey) bool {
		u, ok := cfg.Upstream[key.upstream]
		key.account, key.mailbox = "", ""
		if key.hostGiven {
			u.Address, u.HostGiven = key.address, true
		}
		return ok && p.keyOfUpstream(u) == key
	})
}

// End ends the idle connections of a POP3 account, or of one device of it where
// device is not empty, so that its next login has to log in upstream. Those that
// are in use end when their sessions let go. It gives the number of both.
func (p *Pool) End(account, device string) int { return p.idle.end(account, device) }

// Close ends the idle connections.
func (p *Pool) Close() { p.idle.close() }

// budget bounds the octets that are prefetched in the whole process.
type budget struct{ limit, used atomic.Int64 }

func (b *budget) take(octets int64) bool {
	if b.used.Add(octets) > b.limit.Load() {
		b.used.Add(-octets)
		return false
	}
	return true
}

func (b *budget) give(octets int64) { b.used.Add(-octets) }
