package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a document by its path from the root of the repository.
type page struct {
	path, text string
}

func pages(t *testing.T) (all []page) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	paths, err := filepath.Glob("docs/*.md")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d documents, %v", len(paths), err)
	}
	for _, path := range append(paths, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page{path, string(data)})
	}
	return all
}

// block is what stands between two lines of ```, in a language.
type block struct {
	page     string
	line     int
	language string
	text     string
}

func (p page) blocks() (all []block) {
	var open *block
	for i, line := range strings.Split(p.text, "\n") {
		mark, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{page: p.path, line: i + 1, language: mark}
		case fence:
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noWord  = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// anchor is what a heading is linked to by.
func anchor(heading string) string {
	return strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
}

func TestLinks(t *testing.T) {
	all := pages(t)
	anchors := make(map[string]bool)
	for _, p := range all {
		for _, h := range heading.FindAllStringSubmatch(p.text, -1) {
			anchors[p.path+"#"+anchor(h[1])] = true
		}
	}
	links := 0
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(p.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			path, fragment, has := strings.Cut(m[1], "#")
			target := p.path
			if path != "" {
				target = filepath.Join(filepath.Dir(p.path), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s leads nowhere", p.path, m[1])
			} else if has && !anchors[target+"#"+fragment] {
				t.Errorf("%s: there is no heading %s", p.path, m[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("%d links were looked at", links)
	}
}

// TestREADMEIsShort: it is the door, not the house.
func TestREADMEIsShort(t *testing.T) {
	for _, p := range pages(t) {
		if n := strings.Count(p.text, "\n"); p.path == "README.md" && n > 200 {
			t.Errorf("README.md has %d lines; what is more than 200 belongs into docs", n)
		}
	}
}
