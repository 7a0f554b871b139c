package demo

import (
	"net"
	"time"
)

const (
	// stallTimeout is how long a client may take to read one chunk before its
	// connection is given up.
	stallTimeout = 5 * time.Minute
	writeChunk   = 64 << 10 // octets
)

// listener keeps account of the connections that it accepted, so that
// Server.Close can close each of them.
type listener struct {
	net.Listener
	server *Server
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, server: l.server}
	l.server.mu.Lock()
	defer l.server.mu.Unlock()
	if l.server.closed {
		_ = nc.Close()
		return nil, net.ErrClosed
	}
	l.server.conns[c] = struct{}{}
	l.server.sessions.Add(1) // imapserver opens a session for it in any case, whose Close takes it back
	return newIdentifying(c), nil
}

// conn measures the patience for a client by progress. imapserver allows five
// minutes for a whole literal, which is too little where a slow device reads
// through a proxy that does not read ahead.
type conn struct {
	net.Conn
	server *Server
}

func (c *conn) Write(p []byte) (int, error) {
	written := 0
	for {
		chunk := p[written:min(len(p), written+writeChunk)]
		if err := c.Conn.SetWriteDeadline(time.Now().Add(stallTimeout)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(chunk)
		written += n
		if err != nil || written == len(p) {
			return written, err
		}
	}
}

// SetWriteDeadline does nothing: Write sets a deadline for each chunk.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func (c *conn) Close() error {
	c.server.mu.Lock()
	delete(c.server.conns, c)
	c.server.mu.Unlock()
	return c.Conn.Close()
}
