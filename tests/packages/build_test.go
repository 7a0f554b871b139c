package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// top is the checkout.
const top = "../.."

var released struct {
	sync.Once
	folder string
}

// release gives the folder with the packages of a first version, which the tests share.
func release(t *testing.T) string {
	t.Helper()
	released.Do(func() {
		out, err := os.MkdirTemp("", "popbridge-packages-")
		if err != nil {
			t.Fatal(err)
		}
		released.folder = build(t, out, "v0.1.0")
	})
	if released.folder == "" {
		t.Fatal("there are no packages; another test says why")
	}
	return released.folder
}

func TestMain(m *testing.M) {
	code := m.Run()
	if released.folder != "" {
		_ = os.RemoveAll(released.folder)
	}
	os.Exit(code)
}

// build runs "make packages" for this machine's architecture and gives the folder with them.
func build(t *testing.T, out, version string) string {
	t.Helper()
	run(t, "make", "packages", "VERSION="+version, "ARCHS="+runtime.GOARCH, "OUT="+out)
	return out
}

// run runs a command in the checkout and gives what it says.
func run(t *testing.T, argv ...string) string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = top
	// The flags of the make that runs the tests are not for another one.
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
	return string(out)
}

// only gives the one file that matches.
func only(t *testing.T, folder, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(found) != 1 {
		all, _ := filepath.Glob(filepath.Join(folder, "*"))
		t.Fatalf("%s: %q, %v; there are %q", pattern, found, err, all)
	}
	return found[0]
}
