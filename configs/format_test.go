package configs

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestFormat: what custom asks for, in both languages; nothing is lost.
func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"a.hcl", "# head\nlistener   \"pop3\" {\naddress=\":110\"   # why\n  tls            = \"none\"\n}\n\n\n", "# head\nlistener \"pop3\" {\n  address = \":110\" # why\n  tls     = \"none\"\n}\n"},
		{"a.yaml", "# head\nlistener:\n    pop3: {address: \":110\",   tls: none}   # why\n\n\n# next\nlog:\n      level: debug", "# head\nlistener:\n  pop3: {address: \":110\", tls: none} # why\n\n# next\nlog:\n  level: debug\n"},
		{"a.yaml", "", ""},
		{"a.hcl", "\n", ""},
	} {
		got, err := Format(c.name, []byte(c.given))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q became %q, %v; want %q", c.name, c.given, got, err, c.want)
		}
		again, err := Format(c.name, got)
		if err != nil || string(again) != string(got) {
			t.Errorf("%s: formatted twice it is %q, %v", c.name, again, err)
		}
	}
	for name, want := range map[string]string{"a.hcl": "a.hcl:2: not valid HCL", "a.yaml": "a.yaml:2: not valid YAML", "a.toml": "the name has to end in"} {
		if got, err := Format(name, []byte("\na: [\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

// TestConvert: the same values and the same comments in the other language, there and
// back.
func TestConvert(t *testing.T) {
	t.Chdir("testdata")
	for _, c := range []struct{ from, to string }{{"full.hcl", "yaml"}, {"full.yaml", "hcl"}, {"../example.hcl", "yaml"}, {"../example.yaml", "hcl"}} {
		data, err := os.ReadFile(c.from)
		if err != nil {
			t.Fatal(err)
		}
		converted, err := Convert(c.from, data, c.to)
		if err != nil {
			t.Fatal(err)
		}
		formatOfName := strings.TrimPrefix(c.from[strings.LastIndex(c.from, "."):], ".")
		before, after := values(t, c.from, data), values(t, "x."+c.to, converted)
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s to %s: %+v\nbecame %+v", c.from, c.to, before, after)
		}
		if got, want := len(commentsIn(c.to, "x", converted)), len(commentsIn(formatOfName, c.from, data)); got != want {
			t.Errorf("%s has %d comments, as %s %d:\n%s", c.from, want, c.to, got, converted)
		}
		back, err := Convert("x."+c.to, converted, formatOfName)
		if err != nil || !reflect.DeepEqual(values(t, "back."+formatOfName, back), before) {
			t.Errorf("%s is another when it comes back: %v", c.from, err)
		}
	}
}

// values is what a text says, whatever its language.
func values(t *testing.T, name string, data []byte) any {
	t.Helper()
	format, _ := formatOf(name)
	root, problems := parse(source{path: name, format: format, data: data}, declared())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems.Err(), data)
	}
	return root.plain()
}

// TestConvertKeepsHardTexts: quotes, templates, blanks, what YAML would take for
// another type, and comments of every kind.
func TestConvertKeepsHardTexts(t *testing.T) {
	for _, text := range []string{`a"b`, `a\b`, "${HOME}", "%{if}", "$${x}", "yes", "null", "1", "0x1F", "1e3", "~", "*a", "&a", "# no", "a # no", "a: b", " blank ", "größe", "<>&", "'", "{x}", "[x]"} {
		given := node{kind: block, fields: []field{{name: "login", node: &node{kind: block, fields: []field{{name: "default_domain", node: &node{value: text}}}}}}}
		w := converter{syntax: yamlSyntax{}}
		w.root(&given)
		converted, err := Convert("a.yaml", w.Bytes(), "hcl")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		back, err := Convert("a.hcl", converted, "yaml")
		if err != nil || !reflect.DeepEqual(values(t, "b.yaml", back), given.plain()) || !reflect.DeepEqual(values(t, "b.hcl", converted), given.plain()) {
			t.Errorf("%q became %s\nand %s, %v", text, converted, back, err)
		}
	}
	got, err := Convert("a.hcl", []byte("// one\n/* two\n * three */\nlog {\n  level = \"info\" // four\n  # five\n}\n# six\n"), "yaml")
	want := "# one\n# two\n# three\nlog:\n  level: \"info\" # four\n  # five\n# six\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
