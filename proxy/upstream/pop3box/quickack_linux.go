package pop3box

import (
	"net"
	"syscall"
)

// quickACK acknowledges at once what it has read. Some old POP3 servers send an answer
// in two segments, and the second waits for the acknowledgement of the first, which
// Linux delays for 40 ms: with popa3d, which has no pipelining either, that is 25
// messages a second.
type quickACK struct{ tcp }

// tcp is a TCP connection, whoever reads it.
type tcp interface {
	net.Conn
	syscall.Conn
}

// Read asks for it each time, since Linux forgets the wish (tcp(7), TCP_QUICKACK).
// A kernel that does not know it is only slower.
func (q quickACK) Read(p []byte) (int, error) {
	if raw, err := q.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) })
	}
	return q.tcp.Read(p)
}

// ackAtOnce is a connection that acknowledges at once, where that can be had.
func ackAtOnce(nc net.Conn) net.Conn {
	if tc, ok := nc.(tcp); ok {
		return quickACK{tc}
	}
	return nc
}
