package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// guardMemory keeps what the process holds in memory, passwords and tokens among
// it, out of core files and from debuggers of the same user (prctl(2),
// PR_SET_DUMPABLE).
func guardMemory() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("marking the process not dumpable: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbidding core files: %w", err)
	}
	return nil
}
