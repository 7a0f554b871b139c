package manual

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/api"
)

// Files gives every document by its path below docs. The date, such as 2026-11-30, is
// what the pages say of their age.
func Files(root *cobra.Command, date string) map[string]string {
	files := map[string]string{
		"commands.md":                         commandsText(root),
		"reference.md":                        referenceText(),
		"openapi.json":                        openAPI(),
		filepath.Join("man", configurationAt): configurationPage(date),
	}
	for _, c := range every(root) {
		files[filepath.Join("man", pageName(c)+".1")] = commandPage(c, date)
	}
	return files
}

// configurationAt is the name of the configuration's page.
const configurationAt = "popbridge.conf.5"

// Write writes the documents below a folder, and takes pages away whose command is
// gone.
func Write(root *cobra.Command, date, folder string) error {
	files := Files(root, date)
	if err := os.MkdirAll(filepath.Join(folder, "man"), 0o755); err != nil {
		return err
	}
	before, err := filepath.Glob(filepath.Join(folder, "man", "*.[1-8]"))
	if err != nil {
		return err
	}
	for _, path := range before {
		if _, ok := files[filepath.Join("man", filepath.Base(path))]; !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(files[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// openAPI is what the API serves of itself.
func openAPI() string {
	text, err := json.MarshalIndent(api.Document(), "", "  ")
	if err != nil {
		panic(err) // it is made of maps and texts
	}
	return string(text) + "\n"
}
