package imapbox

// Waiting is how many logins to an upstream wait for a place.
func (p *Pool) Waiting(upstream string) int {
	p.idle.mu.Lock()
	defer p.idle.mu.Unlock()
	return p.idle.queue[upstream]
}
