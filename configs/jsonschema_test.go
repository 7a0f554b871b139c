package configs

import (
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("popbridge.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("popbridge.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func accepts(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return schema.Validate(value)
}

// TestSchema: the examples are right by it, and what Load refuses for its form is
// wrong by it too.
func TestSchema(t *testing.T) {
	schema := compiled(t)
	for _, name := range []string{"example.yaml", "testdata/full.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := accepts(t, schema, string(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{smallest, "log:\n" + smallest, smallest + "route: [{user: '*'}]\n", strings.Replace(smallest, `address: "imap.example.org:993"`, "provider: gmail", 1)} {
		if _, problems := Parse("a.yaml", []byte(text)); problems.Err() != nil {
			t.Fatalf("%v\n%s", problems.Err(), text)
		}
		if err := accepts(t, schema, text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	for _, addition := range []string{
		"limits: {drain: 30}\n", "limits: {bad_commands: '20'}\n", "limits: {bad_commands: 0}\n", "limits: {drian: 30s}\n", "log: {level: loud}\n",
		"metrics: {pprof: 'yes'}\n", "route: {user: '*'}\n", "route: [{client: 10.0.0.0/8}]\n", "statistics: {}\n", "maildrop: {default: {on_delete: burn}}\n",
		"maildrop: {Default: {}}\n", "maildrop: [default]\n", "login: on\n", "state: {source: 1}\n",
	} {
		text := smallest + addition
		if _, problems := Parse("a.yaml", []byte(text)); problems.Err() == nil {
			t.Errorf("it is no mistake: %s", addition)
		}
		if err := accepts(t, schema, text); err == nil {
			t.Errorf("the schema takes %s", addition)
		}
	}
	if err := accepts(t, schema, "upstream: {mail: {tls: none}}\n"); err == nil {
		t.Error("the schema takes an upstream without an address")
	}
}
