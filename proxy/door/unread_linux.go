package door

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unread is how many octets of a TCP connection were written and not acknowledged; ok
// is false where that cannot be told.
func unread(nc net.Conn) (octets int, ok bool) {
	sc, isSocket := nc.(syscall.Conn)
	if !isSocket {
		return 0, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		octets, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		ok = err == nil
	})
	return octets, ok && err == nil
}
