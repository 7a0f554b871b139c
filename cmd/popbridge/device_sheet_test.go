package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that no run for this device has left is not written to.
func TestDeviceSheetsOfOthers(t *testing.T) {
	const head = "account,device,password\n"
	for text, want := range map[string]string{
		"":                            "",
		"account,dev":                 "",
		head:                          "",
		head + "a,pop3,x\nb,pop3,y\n": "",
		head + "a,pop3,x\nb,po":       "",
		"something else\n":            "does not begin with the line",
		"account,device\n":            "does not begin with the line",
		head + "a,scanner,x\n":        `line 2 is for device "scanner"`,
		head + "a,pop3,x\na,pop3,y\n": `line 3: account "a" is in an earlier line`,
		head + "a,pop3\n":             "wrong number of fields",
	} {
		path := filepath.Join(t.TempDir(), "out.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := openSheet(path, "pop3")
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != text {
				t.Errorf("%q was changed to %q, %v", text, after, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if _, err := openSheet(path, "pop3"); err == nil || !strings.Contains(err.Error(), "another run writes to it") {
			t.Errorf("two runs at once: %v", err)
		}
		s.add(`c,"d"`, "z")
		if err := errors.Join(s.flush(), s.close()); err != nil {
			t.Fatal(err)
		}
		s, err = openSheet(path, "pop3")
		if err != nil || s.passwords[`c,"d"`] != "z" || strings.Contains(text, "b,pop3,y\n") != (s.passwords["b"] == "y") {
			t.Errorf("%q: read again: %v, %v", text, s, err)
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", text, info.Mode(), err)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := openSheet(filepath.Join(t.TempDir(), "none", "out.csv"), "pop3"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}
