package upstream

import "time"

// SetClock has the Pool read the time from there.
func (p *Pool) SetClock(now func() time.Time) { p.recent.now = now }

// Waiting is how many logins to an upstream wait for a place.
func (p *Pool) Waiting(upstream string) int {
	p.lot.mu.Lock()
	defer p.lot.mu.Unlock()
	return p.lot.queue[upstream]
}

// Wanted reports whether another login waits for a mailbox that yields.
func Wanted(m *OldMailbox) bool { return m.yielded() }
