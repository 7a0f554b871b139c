package servers

import (
	"net"
	"syscall"
)

// quick acknowledges what it has read at once. Courier sends its answer to an
// APPEND in two segments, and the second waits for the acknowledgement of the
// first, which Linux puts off for 40 ms: a thousand messages would take 44 s.
type quick struct {
	*net.TCPConn
}

// Read asks for it each time, since Linux forgets the wish (tcp(7), TCP_QUICKACK).
func (q quick) Read(p []byte) (int, error) {
	raw, err := q.SyscallConn()
	if err != nil {
		return 0, err
	}
	err = raw.Control(func(fd uintptr) {
		// A kernel that does not know it is only slower.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	if err != nil {
		return 0, err
	}
	return q.TCPConn.Read(p)
}
