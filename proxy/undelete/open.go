package undelete

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/upstream/imapbox"
)

// Unopened is why nothing could be done in a mailbox. It is told once, not for
// each message that is in there.
type Unopened struct {
	upstream, login string
	error
}

// Unwrap gives why.
func (u Unopened) Unwrap() error { return u.error }

// open opens a mailbox. Where a login was refused no other is tried with the same
// name: a server counts wrong passwords.
func (r *Restorer) open(ctx context.Context, req backend.Request) (*imapbox.Mailbox, error) {
	at := Unopened{upstream: req.Upstream.Name, login: req.Account}
	for _, u := range r.unopened {
		if u.upstream == at.upstream && u.login == at.login {
			return nil, u
		}
	}
	m, err := r.Pool.Open(ctx, req)
	if err != nil {
		at.error = err
		r.unopened = append(r.unopened, at)
		return nil, at
	}
	return m, nil
}
