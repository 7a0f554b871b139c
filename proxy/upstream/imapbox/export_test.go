package imapbox

import "time"

// Waiting is how many logins to an upstream wait for a place.
func (p *Pool) Waiting(upstream string) int {
	p.idle.mu.Lock()
	defer p.idle.mu.Unlock()
	return p.idle.queue[upstream]
}

// FarFrom sets the round trip from which on a server is far away, however few were
// measured. Call it before the first login.
func (p *Pool) FarFrom(d time.Duration) { p.far = remoteness{shortest: d} }
