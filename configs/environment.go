package configs

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	variablePrefix = "POPBRIDGE_"
	// testPrefix begins variables of the project's own tests.
	testPrefix = "POPBRIDGE_TEST_"
)

// told are the variables that popbridge itself gives to an operator's commands
// around a move, since such a command may well be popbridge, and the one that names
// the configuration.
var told = []string{variablePrefix + "ACCOUNT", variablePrefix + "FROM", variablePrefix + "TO", Variable}

// environment tells viper the default of every key of every block, and the
// variable that may set it. A variable that sets nothing is a warning.
func (r *reading) environment() {
	keys := map[string][]place{}
	r.eachKey(func(at place, k key) {
		r.settings.SetDefault(at.deep, k.fallback)
		keys[variable(at)] = append(keys[variable(at)], at)
	})
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variablePrefix) || strings.HasPrefix(name, testPrefix) || slices.Contains(told, name) || value == "" {
			continue
		}
		switch at := keys[name]; len(at) {
		case 0:
			r.unknownVariable(name, keys)
		case 1:
			// BindEnv fails only without a key.
			_ = r.settings.BindEnv(at[0].deep, name)
			r.variables[at[0].dotted] = name
		default:
			r.problems = append(r.problems, Problem{File: environment, Key: name, Text: fmt.Sprintf("may mean %s or %s; give one of the blocks another name", at[0].dotted, at[1].dotted)})
		}
	}
}

func (r *reading) unknownVariable(name string, keys map[string][]place) {
	names := make([]string, 0, len(keys))
	for known := range keys {
		names = append(names, known)
	}
	slices.Sort(names)
	text := "sets no key of this configuration"
	if meant, ok := r.nearest(name, names); ok {
		text += "; did you mean " + meant + "?"
	}
	r.problems = append(r.problems, Problem{File: environment, Key: name, Text: text, Warning: true})
}

// variable names the variable that sets a key.
func variable(at place) string {
	return variablePrefix + strings.ToUpper(variableName.Replace(at.deep))
}

var variableName = strings.NewReplacer(delimiter, "_", "-", "_")

// eachKey walks every key that may be set in the blocks that are there.
func (r *reading) eachKey(visit func(place, key)) {
	for _, s := range r.sections {
		for _, at := range r.blocks(s) {
			eachKeyOf(s.keys, at, visit)
		}
	}
}

func eachKeyOf(keys []key, in place, visit func(place, key)) {
	for _, k := range keys {
		at := in.child(k.name)
		if k.inner != nil {
			eachKeyOf(k.inner, at, visit)
			continue
		}
		visit(at, k)
		if k.secret() {
			visit(in.child(k.name+secretFile), key{})
		}
	}
}

// blocks lists the places of a section's blocks.
func (r *reading) blocks(s section) []place {
	if s.shape == single {
		return []place{top(s.name)}
	}
	var places []place
	f, ok := r.root.get(s.name)
	if !ok {
		return nil
	}
	for _, named := range f.node.fields {
		places = append(places, top(s.name).child(named.name))
	}
	for i := range f.node.items {
		places = append(places, top(s.name).item(strconv.Itoa(i)))
	}
	return places
}
