//go:build unix && (!linux || race)

package socket

import "syscall"

// receive reads what is there; 0 octets are the end, EAGAIN says that there is nothing yet.
// The race detector learns from syscall.Read what happened before what.
func receive(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.Read, fd, p) }

// send writes what our machine takes; EAGAIN says that it takes nothing now.
func send(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.Write, fd, p) }

func call(do func(int, []byte) (int, error), fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, err := do(int(fd), p)
		switch err {
		case nil:
			return n, 0
		case syscall.EINTR:
		default:
			return 0, err.(syscall.Errno)
		}
	}
}
