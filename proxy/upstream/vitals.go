package upstream

import (
	"sync"
	"sync/atomic"
	"time"
)

// Vitals is a Meter that knows how each upstream is, by what its connections have come to:
// nobody asks a server for it. What it hears it tells another Meter.
type Vitals struct {
	to Meter

	mu sync.Mutex
	of map[string]*vital
}

// vital is one upstream's.
type vital struct {
	to                        Tally
	connections, parked       atomic.Int64
	answered, failed, failing atomic.Int64 // in milliseconds since 1970
}

// Health is how an upstream is.
type Health struct {
	Connections, Parked int64
	// Answered is when a login upstream was last accepted or a parked connection used
	// again, and Failed when a connection
	// last came to nothing; zero for never.
	Answered, Failed time.Time
	// Away is since when connections have failed and nothing has worked; zero where the
	// upstream works as far as is known.
	Away time.Time
}

// NewVitals makes Vitals that tell another Meter what they hear.
func NewVitals(to Meter) *Vitals { return &Vitals{to: to, of: make(map[string]*vital)} }

// Upstream is Meter's.
func (v *Vitals) Upstream(name string) Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	t := v.of[name]
	if t == nil {
		t = &vital{to: v.to.Upstream(name)}
		v.of[name] = t
	}
	return t
}

// Add is Tally's.
func (t *vital) Add(q Quantity, n int64) {
	switch q {
	case Connections:
		t.connections.Add(n)
	case Parked:
		t.parked.Add(n)
	case Logins, Reuses:
		t.answered.Store(time.Now().UnixMilli())
		t.failing.Store(0)
	case DialsFailed:
		now := time.Now().UnixMilli()
		t.failed.Store(now)
		t.failing.CompareAndSwap(0, now)
	}
	t.to.Add(q, n)
}

// Looked notes what came of a look at an upstream that no device has asked for.
func (v *Vitals) Looked(name string, err error) {
	t := v.Upstream(name).(*vital)
	if err == nil {
		t.failing.Store(0)
		return
	}
	now := time.Now().UnixMilli()
	t.failed.Store(now)
	t.failing.CompareAndSwap(0, now)
}

// Health gives how an upstream is.
func (v *Vitals) Health(name string) Health {
	v.mu.Lock()
	t := v.of[name]
	v.mu.Unlock()
	if t == nil {
		return Health{}
	}
	return Health{
		Connections: t.connections.Load(), Parked: t.parked.Load(),
		Answered: moment(t.answered.Load()), Failed: moment(t.failed.Load()), Away: moment(t.failing.Load()),
	}
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
