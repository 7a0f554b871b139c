package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// maxFile bounds a configuration, in octets; in a folder, all files together. 40,000
	// routes of two keys are 2.8 MB.
	maxFile = 4 << 20
	// Variable names the configuration for commands that are not told of one.
	Variable = variablePrefix + "CONFIG"
)

// home is where a package installs the configuration.
var home = "/etc/popbridge"

// endings are those of the two languages.
var endings = []string{".hcl", ".yaml", ".yml"}

// Find gives the configuration that is meant where none is named: $POPBRIDGE_CONFIG,
// else popbridge.hcl, popbridge.yaml or popbridge.yml in /etc/popbridge. The file of a
// package that nobody has touched is meant only where it is alone.
func Find() (string, error) {
	if path := os.Getenv(Variable); path != "" {
		return path, nil
	}
	var there []string
	for _, ending := range endings {
		path := filepath.Join(home, "popbridge"+ending)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, path)
		}
	}
	if len(there) > 1 {
		there = slices.DeleteFunc(there, untouched)
	}
	switch len(there) {
	case 0:
		return "", fmt.Errorf("there is no configuration: $%s is not set, and %s has no popbridge.hcl, popbridge.yaml or popbridge.yml; name a file with --config FILE, or let \"popbridge init\" write one", Variable, home)
	case 1:
		return there[0], nil
	}
	return "", fmt.Errorf("there is more than one configuration, %s; choose one with --config FILE, or remove the other", strings.Join(there, " and "))
}

// untouched reports whether a file is as a package has installed it.
func untouched(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && string(data) == Shipped
}

// source is one file of a configuration.
type source struct {
	path, format string
	data         []byte
	open         openness
}

// Files gives the files of the configuration at path: itself, or those of a folder in
// order of name. Hidden files and those with other endings are none of them.
func Files(path string) ([]string, Problems) {
	paths := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if paths, err = filesIn(path); err != nil {
			return nil, Problems{{File: path, Text: strings.TrimPrefix(unreadable(path, err), path+" ")}}
		}
		if len(paths) == 0 {
			return nil, Problems{{File: path, Text: "the folder holds no file whose name ends in .hcl, .yaml or .yml"}}
		}
	}
	return paths, nil
}

// sources reads the files of the configuration at path.
func sources(path string) ([]source, Problems) {
	paths, problems := Files(path)
	if problems != nil {
		return nil, problems
	}
	var all []source
	for _, path := range paths {
		format, problems := formatOf(path)
		if problems != nil {
			return nil, problems
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, Problems{{File: path, Text: strings.TrimPrefix(unreadable(path, err), path+" ")}}
		}
		all = append(all, source{path, format, data, openTo(path)})
	}
	return all, nil
}

func filesIn(folder string) (paths []string, err error) {
	entries, err := os.ReadDir(folder) // sorted by name
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && slices.Contains(endings, filepath.Ext(name)) {
			paths = append(paths, filepath.Join(folder, name))
		}
	}
	return paths, err
}

func formatOf(path string) (string, Problems) {
	switch filepath.Ext(path) {
	case ".hcl":
		return "hcl", nil
	case ".yaml", ".yml":
		return "yaml", nil
	}
	return "", Problems{{File: path, Text: "the name has to end in .hcl, .yaml or .yml, which tells the format"}}
}

// reason leaves out the path, which the message around it has.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
