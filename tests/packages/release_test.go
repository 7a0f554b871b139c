package packages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestRelease: for one system, the archive holds what it should, the checksums are
// right, and the list of modules is the program's own.
func TestRelease(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	name := "popbridge-0.1.0-linux-" + runtime.GOARCH
	run(t, "make", "release", "VERSION=v0.1.0", "TARGETS=linux/"+runtime.GOARCH, "RELEASE="+out)
	run(t, "sh", "-c", "cd "+out+" && sha256sum --strict --check SHA256SUMS")
	sums, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if err != nil || strings.Count(string(sums), "\n") != 2 {
		t.Errorf("checksums of two files: %v\n%s", err, sums)
	}
	held := strings.Fields(run(t, "tar", "-tzf", filepath.Join(out, name+".tar.gz")))
	for _, want := range []string{"popbridge", "LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "docs/install.md"} {
		if !slices.Contains(held, name+"/"+want) {
			t.Errorf("the archive has no %s: %q", want, held)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, name+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Format     string `json:"bomFormat"`
		Components []struct {
			Name, Version string
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"modernc.org/sqlite", "github.com/spf13/cobra"} {
		if !slices.ContainsFunc(list.Components, func(c struct{ Name, Version string }) bool { return c.Name == module && c.Version != "" }) {
			t.Errorf("%s is not listed", module)
		}
	}
	if list.Format != "CycloneDX" {
		t.Errorf("the format is %q", list.Format)
	}
}
