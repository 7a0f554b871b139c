package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestMemoryIsGuarded(t *testing.T) {
	if err := guardMemory(); err != nil {
		t.Fatal(err)
	}
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || dumpable != 0 {
		t.Errorf("dumpable is %d, %v", dumpable, err)
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core.Max != 0 {
		t.Errorf("core files may have %d octets, %v", core.Max, err)
	}
}
