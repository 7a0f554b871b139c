package servers

import (
	"os"
	"path/filepath"
	"testing"
)

// unpacked is the folder in which tests/install has unpacked a server.
func unpacked(t testing.TB, server string) string {
	t.Helper()
	if cache := os.Getenv("POPBRIDGE_TEST_CACHE"); cache != "" {
		return filepath.Join(cache, server)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "popbridge-tests", server)
}

// libraries are the folders of an unpacked server that hold its shared libraries,
// whatever the machine's architecture is.
func libraries(t testing.TB, usr string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(usr, "lib", "*-linux-gnu*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("%d folders of libraries in %s: run tests/install", len(found), usr)
	}
	return found[0]
}
