package bridge

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Race gives the arguments of "go build" or "go test" with the race detector, as the
// Makefile has them: what it has built is used again.
func Race(command ...string) []string {
	return append(command, "-race", "-gcflags=modernc.org/sqlite/lib=-race=false", "-gcflags=modernc.org/libc=-race=false")
}

// build makes the binary once for a test process. POPBRIDGE_TEST_BINARY, as
// "make test" sets it, saves the building.
var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("POPBRIDGE_TEST_BINARY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "popbridge-test-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "popbridge")
	cmd := exec.Command("go", append(Race("build"), "-o", path, "popbridge/cmd/popbridge")...)
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

// Binary is the path of the binary under test.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("building popbridge: %v", err)
	}
	return path
}
