package database

import (
	"syscall"
	"unsafe"
)

// readStart fills p, which is not empty, with the first octets of a file of which a page is
// mapped: it lies in memory, so the scheduler is not told that the thread is away, which would
// cost more than to read. It reports whether there were as many.
func readStart(fd uintptr, p []byte) bool {
	n, _, err := syscall.RawSyscall6(syscall.SYS_PREAD64, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	return err == 0 && int(n) == len(p)
}
