package main

import (
	"context"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
)

// mailboxes opens mailboxes on IMAP servers and on old POP3 servers, as a session
// asks for them.
func mailboxes(pool *upstream.Pool) func(context.Context, backend.Request) (backend.Mailbox, error) {
	return func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		if r.Upstream.Protocol == configs.ProtocolPOP3 {
			m, err := pool.OpenOld(ctx, r)
			if err != nil {
				return nil, err
			}
			return m, nil
		}
		m, err := pool.Open(ctx, r)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}
