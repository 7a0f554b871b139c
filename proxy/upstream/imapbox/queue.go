package imapbox

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
)

// acquire waits for one of an upstream's places; the login's deadline ends the wait. A
// connection that is only idle gives its place up, unless the credential has never
// been accepted and the account is being served with another one: then it is a guess,
// most likely, and waits until a session ends. A password that has just been changed
// waits with it, at most as long as the account's connection is idle.
func (p *Pool) acquire(ctx context.Context, s upstream.Semaphore, req backend.Request) error {
	if s.TryAcquire() {
		return nil
	}
	name := req.Upstream.Name
	p.idle.wait(name, 1)
	defer p.idle.wait(name, -1)
	if _, accepted := p.dialer.Credentials.WasAccepted(req); accepted || !p.idle.serving(name, req.Account) {
		p.idle.evict(name)
	}
	return s.Acquire(ctx, name)
}
