package relay

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// waiting is how many octets have come to this machine through a TCP connection, below
// its TLS where it has some, and were not read yet; 0 where that cannot be told.
func waiting(nc net.Conn) (octets int) {
	if tc, ok := nc.(*tls.Conn); ok {
		nc = tc.NetConn()
	}
	sc, isSocket := nc.(syscall.Conn)
	if !isSocket {
		return 0
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0
	}
	var ioctl error
	err = raw.Control(func(fd uintptr) { octets, ioctl = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
	if err != nil || ioctl != nil {
		return 0
	}
	return octets
}
