package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/configs"
)

// check --connect says whether the service could make its ledger, and makes none.
func TestCheckStateTriesTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "state.db"):             "the service will create it when it starts",
		filepath.Join(dir, "a", "new", "state.db"): "the service will create it when it starts",
		filepath.Join(dir, "file", "state.db"):     "not a directory",
		// Nobody makes folders there, not even root.
		"/proc/popbridge/state.db": "/proc/popbridge/state.db does not exist yet and cannot be created",
	} {
		f := checkState(context.Background(), configs.State{Driver: configs.DriverSQLite, Source: configs.NewSecret(path)})
		got := f.Text
		if f.Err != nil {
			got = f.Err.Error()
		}
		if !strings.Contains(got, want) || (f.Err == nil) != strings.HasPrefix(want, "the service will") {
			t.Errorf("%s: %q, %v; want %q", path, f.Text, f.Err, want)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
