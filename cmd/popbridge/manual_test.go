package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"popbridge/cmd/popbridge/internal/manual"
)

// TestManual: the documents that are made of the program are those of this program.
func TestManual(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	changes, err := os.ReadFile(filepath.Join(docs, "..", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`(?m)^## .*\((\d{4}-\d\d-\d\d)\)$`).FindSubmatch(changes)
	if release == nil {
		t.Fatal("CHANGELOG.md has no release with its date, such as ## 0.1.0 (2026-11-30)")
	}
	files := manual.Files(rootCommand(), string(release[1]))
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(docs, name)); err != nil || string(got) != want {
			t.Errorf("docs/%s is stale; run: make man (%v)", name, err)
		}
	}
	pages, err := filepath.Glob(filepath.Join(docs, "man", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if _, ok := files[filepath.Join("man", filepath.Base(page))]; !ok {
			t.Errorf("docs/man/%s is of a command that is gone; run: make man", filepath.Base(page))
		}
	}
}
