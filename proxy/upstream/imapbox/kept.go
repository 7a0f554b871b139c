package imapbox

import (
	"errors"
	"slices"

	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
)

// errNoneKept is why a mailbox is not opened that was to be opened without a login.
var errNoneKept = errors.New("no connection waits upstream for this login, or it has ended")

// Kept reports whether a connection is parked that Open would try for a request.
func (p *Pool) Kept(req backend.Request) bool {
	return p.idle.has(p.keyOf(req), p.dialer.Credentials.Digest(req))
}

// has reports whether take would give a connection.
func (i *idlePool) has(key idleKey, credential upstream.Digest) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.ContainsFunc(i.byKey[key], func(p *parked) bool { return p.credential.Equal(credential) })
}
