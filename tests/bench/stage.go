package main

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// stage lets tests/servers, which is made for tests, start servers for a
// program. What it does not define is never called by tests/servers.
type stage struct {
	testing.TB

	mu       sync.Mutex
	cleanups []func()
	closed   bool
}

// failure is what ends a part; it is recovered in main.
type failure struct{ text string }

func (s *stage) Helper()      {}
func (s *stage) Failed() bool { return false }
func (s *stage) Name() string { return "bench" }

func (s *stage) Logf(format string, args ...any)   { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (s *stage) Errorf(format string, args ...any) { s.Logf(format, args...) }
func (s *stage) Fatal(args ...any)                 { panic(failure{fmt.Sprint(args...)}) }
func (s *stage) Fatalf(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

// must ends the part on an error.
func (s *stage) must(err error) {
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, f)
}

// close ends what was started, the last first. It may be called twice, by the
// end of the run and by Ctrl-C; the second call waits for the first.
func (s *stage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
}
