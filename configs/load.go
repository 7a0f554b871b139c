package configs

import (
	"fmt"
	"strings"

	"github.com/spf13/viper"
)

// delimiter parts the levels of a key for viper. A label cannot hold it.
const delimiter = "::"

// reading is a file, or a folder of them, while it becomes a Config.
type reading struct {
	file      string
	sections  []section
	settings  *viper.Viper
	root      *node
	spots     map[string]spot     // where a key, block or element stands, by its dotted name
	variables map[string]string   // the variable that sets a key, by its dotted name
	labels    map[string][]string // the names of a section's blocks, those of refused blocks too
	preset    map[string]presetValue
	wrong     map[string]bool // keys whose value was refused; nothing more is said of them
	secrets   []string        // keys of the file whose values are secrets themselves
	compared  int             // names, in search of the one that was meant
	problems  Problems
}

// Load reads a file whose name ends in .hcl, .yaml or .yml, or all such files of a
// folder in order of name, and lays over it what POPBRIDGE_ variables of the
// environment say. It reports every problem at once, sorted. The Config is nil where
// one of them is an error.
//
// A variable is named after the dotted key, in upper case with '_' for '.' and
// '-': POPBRIDGE_LIMITS_DRAIN, POPBRIDGE_UPSTREAM_MAIL_ADDRESS,
// POPBRIDGE_ROUTE_0_USER. It sets what is declared, in blocks that the file has; lists are
// parted by commas; one that is set but empty counts as not set.
func Load(path string) (*Config, Problems) {
	files, problems := sources(path)
	if problems != nil {
		return nil, problems
	}
	return load(path, files)
}

// load reads the files of the configuration at path.
func load(path string, files []source) (*Config, Problems) {
	r := newReading(path)
	config := r.load(files)
	return config, r.problems
}

// load gives nil where one of the problems is an error.
func (r *reading) load(files []source) *Config {
	var config *Config
	if r.read(files) {
		r.environment()
		r.presets()
		config = r.config()
		r.check(config)
		r.checkPrivacy(files)
	}
	r.problems.sort()
	if len(r.problems.Errors()) > 0 {
		return nil
	}
	return config
}

func newReading(path string) *reading {
	return &reading{
		file: path, sections: declared(), settings: viper.NewWithOptions(viper.KeyDelimiter(delimiter)),
		spots: map[string]spot{}, variables: map[string]string{}, labels: map[string][]string{}, wrong: map[string]bool{}, preset: map[string]presetValue{},
	}
}

// read parses the files, holds them against the declarations, and gives them to
// viper. It reports whether there is anything to go on with: broken syntax in one of
// them ends the reading.
func (r *reading) read(files []source) bool {
	octets, broken := 0, false
	for _, f := range files {
		if octets += len(f.data); octets > maxFile {
			r.problems = append(r.problems, Problem{File: f.path, Text: fmt.Sprintf("it has %d octets; a configuration has at most %d", octets, maxFile)})
			return false
		}
		root, problems := parse(f, r.sections)
		r.problems = append(r.problems, problems...)
		switch {
		case root == nil:
			broken = true
		case r.root == nil:
			r.root = root
		case r.isRoot(r.root) && r.isRoot(root):
			r.merge(root)
		}
	}
	if broken {
		return false
	}
	r.structure()
	if err := r.settings.MergeConfigMap(r.root.plain().(map[string]any)); err != nil {
		r.problems = append(r.problems, Problem{File: r.file, Text: err.Error()})
		return false
	}
	return true
}

// parse gives nil where the syntax is wrong.
func parse(f source, sections []section) (*node, Problems) {
	if f.format == "hcl" {
		return parseHCL(f.path, f.data, sections)
	}
	return parseYAML(f.path, f.data)
}

// locate gives the problem of a key its place: the variable that set it, its
// line, or for a key that is missing the line of the block around it.
func (r *reading) locate(key, text string, warning bool) {
	p := Problem{File: r.file, Line: 1, Key: key, Text: text, Warning: warning}
	if r.root != nil && r.root.spot.file != r.file {
		p.Line = 0 // of a folder
	}
	if variable, ok := r.variables[key]; ok {
		p.File, p.Line, p.Key = environment, 0, variable
	} else {
		for at := key; at != ""; at = parent(at) {
			if s, ok := r.spots[at]; ok && s.file != "" {
				p.File, p.Line = s.file, s.line
				break
			}
		}
	}
	r.problems = append(r.problems, p)
}

func (r *reading) errorf(key, format string, args ...any) {
	r.locate(key, fmt.Sprintf(format, args...), false)
}

func (r *reading) warnf(key, format string, args ...any) {
	r.locate(key, fmt.Sprintf(format, args...), true)
}

// given reports whether the file or the environment sets a key.
func (r *reading) given(key string) bool {
	_, variable := r.variables[key]
	_, line := r.spots[key]
	return variable || line
}

// parent gives the name of what a key or an element stands in.
func parent(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}
