//go:build unix

package door

import (
	"net"
	"syscall"
)

// socket is a connection to which is written what our machine takes at once.
type socket struct {
	raw  syscall.RawConn // nil: it is none
	p    []byte
	done int
	try  func(fd uintptr) bool // made once, and not for each write
}

func socketOf(nc net.Conn) (s *socket) {
	s = new(socket)
	if sc, ok := nc.(syscall.Conn); ok {
		s.raw, _ = sc.SyscallConn() // nil where there is an error
	}
	s.try = func(fd uintptr) bool {
		if n, err := syscall.Write(int(fd), s.p); err == nil {
			s.done = n
		}
		return true // whatever came of it: it does not wait
	}
	return s
}

// take writes without waiting, and gives how many octets our machine has taken: 0 where
// there is an error, which the next write will have too.
func (s *socket) take(p []byte) int {
	if s.raw == nil {
		return 0
	}
	s.p, s.done = p, 0
	err := s.raw.Write(s.try)
	if s.p = nil; err != nil {
		return 0
	}
	return s.done
}
