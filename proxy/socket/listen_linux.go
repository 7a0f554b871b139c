package socket

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Each connection is asked after a quarter of a minute of silence whether the other end is
// still there, nine times at most, as Go's own listeners have it.
const (
	keepAliveIdle     = 15 // seconds
	keepAliveInterval = 15 // seconds
	keepAliveCount    = 9
)

// Listen opens a TCP port. What Go says to each connection is said once here: those that it
// accepts have it from the listener (tcp(7)).
func Listen(address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			// A port is worth more than these, as Go sees it too.
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, keepAliveIdle)
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, keepAliveInterval)
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount)
		})
	}}
	return config.Listen(context.Background(), "tcp", address)
}
