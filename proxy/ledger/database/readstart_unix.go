//go:build unix && !linux

package database

import "syscall"

// readStart fills p with the first octets of a file, and reports whether there were as many.
func readStart(fd uintptr, p []byte) bool {
	n, err := syscall.Pread(int(fd), p, 0)
	return err == nil && n == len(p)
}
