package scan

import (
	"os"
	"syscall"
	"testing"
)

// TestChangeLooksAtNothingElse: what stands before and behind a slice may not be memory.
func TestChangeLooksAtNothingElse(t *testing.T) {
	page := os.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	for _, forbidden := range [][]byte{memory[:page], memory[2*page:]} {
		if err := syscall.Mprotect(forbidden, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	inside := memory[page : 2*page : 2*page]
	for length := range 200 {
		check(t, '\n', inside[:length])
		check(t, '\n', inside[page-length:])
	}
}
