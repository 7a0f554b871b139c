package imapbox

import (
	"context"
	"time"

	"popbridge/proxy/upstream"
)

// restFor is how long the connection of a silent session stays parked. A device
// that says nothing for so long may say nothing for minutes, and ten thousand of
// them should not hold a thousand connections.
const restFor = 30 * time.Second

// Rest lets go of the connection while the device is silent; the next command
// takes one again. Where connections are never reused it is kept.
func (m *Mailbox) Rest() {
	m.pool.blocks.share(&m.req)
	if m.req.Upstream.Reuse > 0 {
		m.release(min(restFor, m.req.Upstream.Reuse), true)
	}
}

// Close parks the connection for the device's next poll, or logs out.
func (m *Mailbox) Close() error {
	m.release(m.req.Upstream.Reuse, false)
	return nil
}

// release gives the connection up with nothing in flight; it may be parked for a time.
func (m *Mailbox) release(reuse time.Duration, silent bool) {
	if m.conn == nil {
		return
	}
	m.decide(false)
	ctx, cancel := context.WithTimeout(context.Background(), upstream.LogoutTimeout)
	defer cancel()
	for _, b := range m.boxes {
		b.stopPrefetch(ctx)
	}
	if m.lost() {
		m.drop()
		return
	}
	c, u := m.conn, m.req.Upstream
	m.conn, m.user = nil, nil
	m.pool.idle.park(c, reuse, u.Reauth, u.Parked, silent)
}
