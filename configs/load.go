package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/viper"
)

const (
	// maxFile bounds a configuration file, in octets.
	maxFile = 1 << 20
	// delimiter parts the levels of a key for viper. A label cannot hold it.
	delimiter = "::"
)

// reading is one file while it becomes a Config.
type reading struct {
	file      string
	sections  []section
	settings  *viper.Viper
	root      *node
	lines     map[string]int      // where a key, block or element stands, by its dotted name
	variables map[string]string   // the variable that sets a key, by its dotted name
	labels    map[string][]string // the names of a section's blocks, those of refused blocks too
	wrong     map[string]bool     // keys whose value was refused; nothing more is said of them
	secrets   []string            // keys of the file whose values are secrets themselves
	compared  int                 // names, in search of the one that was meant
	problems  Problems
}

// Load reads a file whose name ends in .hcl, .yaml or .yml, and lays over it
// what POPBRIDGE_ variables of the environment say. It reports every problem at
// once, sorted. The Config is nil where one of them is an error.
//
// A variable is named after the dotted key, in upper case with '_' for '.' and
// '-': POPBRIDGE_LIMITS_DRAIN, POPBRIDGE_UPSTREAM_MAIL_ADDRESS,
// POPBRIDGE_ROUTE_0_USER. It sets what is declared, in blocks that the file has; lists are
// parted by commas; one that is set but empty counts as not set.
func Load(path string) (*Config, Problems) {
	format, problems := formatOf(path)
	if problems != nil {
		return nil, problems
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, Problems{{File: path, Text: strings.TrimPrefix(unreadable(path, err), path+" ")}}
	}
	return load(path, format, data, openTo(path))
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

// load reads a file that so much is open to others of.
func load(path, format string, data []byte, open openness) (*Config, Problems) {
	r := &reading{
		file: path, sections: declared(),
		lines: map[string]int{}, variables: map[string]string{}, labels: map[string][]string{}, wrong: map[string]bool{},
	}
	if len(data) > maxFile {
		return nil, Problems{{File: path, Text: fmt.Sprintf("it has %d octets; a configuration has at most %d", len(data), maxFile)}}
	}
	var config *Config
	if r.read(format, data) {
		r.environment()
		config = r.config()
		r.check(config)
		r.checkPrivacy(open)
	}
	r.problems.sort()
	if len(r.problems.Errors()) > 0 {
		return nil, r.problems
	}
	return config, r.problems
}

// read gives the file to viper. It reports whether there is anything to go on
// with: broken syntax ends the reading.
func (r *reading) read(format string, data []byte) bool {
	registry := viper.NewCodecRegistry()
	err := errors.Join(registry.RegisterCodec("hcl", codec{r, "hcl"}), registry.RegisterCodec("yaml", codec{r, "yaml"}))
	r.settings = viper.NewWithOptions(viper.KeyDelimiter(delimiter), viper.WithCodecRegistry(registry))
	r.settings.SetConfigType(format)
	if err = errors.Join(err, r.settings.ReadConfig(bytes.NewReader(data))); err != nil && len(r.problems) == 0 {
		r.problems = append(r.problems, Problem{File: r.file, Text: err.Error()})
	}
	return err == nil
}

// errSyntax ends a reading whose problems are in the reading itself.
var errSyntax = errors.New("the syntax is wrong")

// codec makes a file what viper keeps, and leaves its tree with the reading.
type codec struct {
	reading *reading
	format  string
}

// Decode parses the file, takes out what does not belong there, and fills v.
func (c codec) Decode(data []byte, v map[string]any) error {
	r := c.reading
	if c.format == "hcl" {
		r.root, r.problems = parseHCL(r.file, data, r.sections)
	} else {
		r.root, r.problems = parseYAML(r.file, data)
	}
	if r.root == nil {
		return errSyntax
	}
	r.structure()
	for _, f := range r.root.fields {
		v[f.name] = f.node.plain()
	}
	return nil
}

// Encode is there for viper's interface; a configuration is never written.
func (c codec) Encode(map[string]any) ([]byte, error) {
	return nil, fmt.Errorf("a configuration is not written as %s", c.format)
}

// locate gives the problem of a key its place: the variable that set it, its
// line, or for a key that is missing the line of the block around it.
func (r *reading) locate(key, text string, warning bool) {
	p := Problem{File: r.file, Line: 1, Key: key, Text: text, Warning: warning}
	if variable, ok := r.variables[key]; ok {
		p.File, p.Line, p.Key = environment, 0, variable
	} else {
		for at := key; at != ""; at = parent(at) {
			if line, ok := r.lines[at]; ok {
				p.Line = line
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
	_, line := r.lines[key]
	return variable || line
}

// parent gives the name of what a key or an element stands in.
func parent(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}
