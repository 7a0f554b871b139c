package main

import (
	"context"

	"popbridge/configs"
	"popbridge/proxy"
	"popbridge/proxy/upstream"
)

// mailboxes opens mailboxes on IMAP servers and on old POP3 servers, as a session
// asks for them.
func mailboxes(pool *upstream.Pool) func(context.Context, proxy.Request) (proxy.Mailbox, error) {
	return func(ctx context.Context, r proxy.Request) (proxy.Mailbox, error) {
		if r.Upstream.Protocol == configs.ProtocolPOP3 {
			m, err := pool.OpenOld(ctx, upstream.Request(r))
			if err != nil {
				return nil, err
			}
			return m, nil
		}
		m, err := pool.Open(ctx, upstream.Request(r))
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}
