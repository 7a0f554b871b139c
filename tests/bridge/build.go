package bridge

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

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
	cmd := exec.Command("go", "build", "-race", "-o", path, "popbridge/cmd/popbridge")
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
