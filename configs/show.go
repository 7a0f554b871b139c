package configs

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Setting is the value of one key that is in force, with where it comes from.
type Setting struct {
	Key   string `json:"key"`   // such as "upstream.mail.address"
	Value string `json:"value"` // as it would be written; a secret is shown as <redacted>
	From  string `json:"from"`  // "FILE:LINE", "environment NAME", "provider NAME", "default", or what it follows from
}

// IsDefault reports whether nobody has set it.
func (s Setting) IsDefault() bool { return strings.HasPrefix(s.From, fromDefault) }

// fromDefault begins what Setting.From says of a default.
const fromDefault = "default"

// Show gives every key of the blocks that a configuration has, in the order of their
// declaration, and the problems that Load would give. There are no settings where one
// of these is an error.
func Show(path string) ([]Setting, Problems) {
	files, problems := sources(path)
	if problems != nil {
		return nil, problems
	}
	r := newReading(path)
	config := r.load(files)
	if config == nil {
		return nil, r.problems
	}
	return r.show(config), r.problems
}

func (r *reading) show(c *Config) (all []Setting) {
	v := reflect.ValueOf(c).Elem()
	for _, s := range r.sections {
		for i, at := range r.blocks(s) {
			block := v.Field(s.field)
			switch s.shape {
			case labelled:
				block = block.MapIndex(reflect.ValueOf(at.dotted[len(s.name)+1:]))
			case repeated:
				block = block.Index(i)
			}
			all = append(all, r.showKeys(block, s.keys, at)...)
		}
	}
	// A file's path is no secret; a connection string holds a password.
	for i, s := range all {
		if s.Key == "state.source" && c.State.Driver == DriverSQLite {
			all[i].Value = strconv.Quote(c.State.Source.Reveal())
		}
	}
	return all
}

func (r *reading) showKeys(block reflect.Value, keys []key, in place) (all []Setting) {
	for _, k := range keys {
		at := in.child(k.name)
		if k.inner != nil {
			all = append(all, r.showKeys(block.Field(k.field), k.inner, at)...)
			continue
		}
		value := k.written(block.Field(k.field))
		if secret, is := block.Field(k.field).Interface().(Secret); is && secret.Empty() {
			value = `""`
		}
		if given := r.givenAs(at.dotted); k.secret() && given != at.dotted {
			at = in.child(k.name + secretFile)
			value = k.literal(r.textOf(at))
		}
		all = append(all, Setting{at.dotted, value, r.origin(at.dotted, k)})
	}
	return all
}

// origin says who has set a key.
func (r *reading) origin(key string, k key) string {
	if variable, ok := r.variables[key]; ok {
		return environment + " " + variable
	}
	if s, ok := r.spots[key]; ok && s.file != "" {
		return fmt.Sprintf("%s:%d", s.file, s.line)
	}
	if p, ok := r.preset[key]; ok {
		return "provider " + p.provider.String()
	}
	if k.derived != "" {
		return fromDefault + ": " + k.derived
	}
	return fromDefault
}

// written is a value as both formats read it.
func (k key) written(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return k.literal(fmt.Sprint(v.Interface()))
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = fmt.Sprint(v.Index(i).Interface())
	}
	if k.oneOrList() && len(items) == 1 {
		return strconv.Quote(items[0])
	}
	return literalList(items)
}
