package architecture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVulnerabilities: .ci/vulnerabilities fails for what govulncheck finds and for
// trouble that it does not know. A database out of reach it only tells of.
func TestVulnerabilities(t *testing.T) {
	for name, c := range map[string]struct {
		script string // what stands in for govulncheck
		passes bool
		says   string
	}{
		"nothing is found":                {"echo No vulnerabilities found.", true, "No vulnerabilities found."},
		"something is found":              {"echo 'Vulnerability #1: GO-2026-0001'; exit 3", false, "GO-2026-0001"},
		"the database is out of reach":    {"echo 'govulncheck: fetching vulnerabilities: no such host' >&2; exit 1", true, "NOT CHECKED"},
		"found, then out of reach":        {"echo 'fetching vulnerabilities: ' >&2; exit 3", false, "fetching"},
		"the packages cannot be built":    {"echo 'govulncheck: loading packages:' >&2; exit 1", false, "loading packages"},
		"the program itself is not there": {"", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "govulncheck")
			if c.script != "" {
				if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			said, err := exec.Command("../../.ci/vulnerabilities", program).CombinedOutput()
			if (err == nil) != c.passes || !strings.Contains(string(said), c.says) {
				t.Errorf("%v, %q; want it to pass: %v, and to say %q", err, said, c.passes, c.says)
			}
		})
	}
}

// SQLite makes the plan of a statement anew each time that a pattern is bound to LIKE: for
// what each login asks that was a quarter of a poll.
func TestNoPatternIsBound(t *testing.T) {
	seen := false
	program(t, "proxy/ledger", func(file string, text []byte) {
		seen = seen || bytes.Contains(text, []byte("SELECT "))
		if bound := regexp.MustCompile(`(LIKE|GLOB)\s+\$`).Find(text); bound != nil {
			t.Errorf("%s has %q: compare with substr, or a range", file, bound)
		}
	})
	if !seen {
		t.Error("no statement was seen")
	}
}
