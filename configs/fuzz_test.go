package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad takes any text for a file of either format. Whatever it holds, there
// is no panic, a configuration comes only without errors, and every message
// says where and what.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[hy]*l")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range append(files, "example.hcl", "example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), strings.HasSuffix(file, "hcl"))
	}
	f.Fuzz(func(t *testing.T, text string, hcl bool) {
		if strings.Contains(text, "/dev/") {
			return // A file that it names could be read without end.
		}
		format := map[bool]string{true: "hcl", false: "yaml"}[hcl]
		config, problems := load("fuzz", []source{{path: "fuzz", format: format, data: []byte(text)}})
		if (config == nil) != (problems.Err() != nil) {
			t.Errorf("a configuration is given together with errors, or neither:\n%s", problems)
		}
		for _, p := range problems {
			if p.File == "" || p.Text == "" || utf8.ValidString(text) && !utf8.ValidString(p.String()) {
				t.Errorf("a message says too little: %#v", p)
			}
		}
		if config != nil && len(config.Routes()) == 0 {
			t.Error("a configuration without a route")
		}
	})
}
