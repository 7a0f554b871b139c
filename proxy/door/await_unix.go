//go:build unix

package door

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// MayAwait reports whether Await waits on a connection.
func MayAwait(nc net.Conn) bool {
	_, ok := nc.(syscall.Conn)
	return ok
}

// Await waits until there is something to read from a connection, its end included, or until
// its deadline has passed or it is closed: the next read tells which. It reads nothing, and
// needs neither a buffer nor more than the smallest stack.
func Await(nc net.Conn) {
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != unix.EAGAIN && err != unix.EINTR
	})
}
