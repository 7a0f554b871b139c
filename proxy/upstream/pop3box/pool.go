package pop3box

import (
	"context"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Pool is what the mailboxes of a process on old POP3 servers share. None of their
// connections is kept for a later session: each is a session at the old server, and
// most servers lock the maildrop as long as it lasts.
type Pool struct {
	dialer   *upstream.Dialer
	yielding *yielding
	tokens   upstream.Tokens // nil: none
}

// NewPool makes a Pool.
func NewPool(d *upstream.Dialer) *Pool { return &Pool{dialer: d, yielding: newYielding()} }

// Open logs in at an old POP3 server. Its errors are Refusals.
func (p *Pool) Open(ctx context.Context, req backend.Request) (*Mailbox, error) {
	req = upstream.ForUse(req)
	m := &Mailbox{pool: p, req: req, tally: p.dialer.Tally(req.Upstream.Name), seen: make(map[goimap.UID]translate.Description)}
	p.yielding.clear(ctx, m.owner())
	var err error
	if m.conn, err = p.connect(ctx, req); err != nil {
		return nil, err
	}
	return m, nil
}
