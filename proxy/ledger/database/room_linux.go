package database

import (
	"os"
	"syscall"
)

// room is how many octets this process can still write where a file lies; less than
// 0 where that cannot be told.
func room(path string) int64 {
	var at syscall.Statfs_t
	if err := syscall.Statfs(path, &at); err != nil {
		return -1
	}
	blocks := at.Bavail
	if os.Geteuid() == 0 {
		blocks = at.Bfree // root may use what is reserved
	}
	return int64(min(blocks, 1<<40)) * at.Bsize
}
