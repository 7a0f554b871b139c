package configs

import (
	"os"
	"reflect"
	"regexp"
	"testing"
)

// exampleFile writes an example where Load can read it.
func exampleFile(t *testing.T, format, text string) string {
	t.Helper()
	return write(t, "popbridge."+format, text)
}

func TestExampleLoadsWithoutProblems(t *testing.T) {
	var loaded []*Config
	for _, format := range []string{"hcl", "yaml"} {
		config, problems := Load(exampleFile(t, format, Example(format)))
		if len(problems) > 0 {
			t.Fatalf("the %s example has problems:\n%s", format, problems)
		}
		if formatted, err := Format("popbridge."+format, []byte(Example(format))); err != nil || string(formatted) != Example(format) {
			t.Errorf("the %s example is not as custom has it: %v", format, err)
		}
		loaded = append(loaded, config)
	}
	if !reflect.DeepEqual(loaded[0], loaded[1]) {
		t.Errorf("the examples differ:\n%+v\n%+v", loaded[0], loaded[1])
	}
}

// What an operator gets by taking every '#' away has to be known too.
func TestExampleUncommentedHoldsOnlyKnownKeys(t *testing.T) {
	off := regexp.MustCompile(`(?m)^( *)#(\S| +\S+ = | +\S+: )`)
	missing := regexp.MustCompile(`/etc/popbridge/.* cannot be read: no such file or directory$`)
	twice := regexp.MustCompile(`^given together with `)        // a secret and its …_file
	other := regexp.MustCompile(`^there is no upstream "old";`) // of verify_login: the example has no second server
	yours := regexp.MustCompile(`^still contains the word (TENANT|CLIENT) `)
	for _, format := range []string{"hcl", "yaml"} {
		text := Example(format)
		if format == "hcl" {
			text = regexp.MustCompile(`(?m)^#( {2,}\S)`).ReplaceAllString(text, "$1")
		} else {
			text = regexp.MustCompile(`(?m)^( {2})#( {2,}\S)`).ReplaceAllString(text, "$1$2")
		}
		text = regexp.MustCompile(`(?m)^( *)#([^\s#])`).ReplaceAllString(text, "$1$2")
		if off.MatchString(text) && text == Example(format) {
			t.Fatal("nothing was uncommented")
		}
		_, problems := Load(exampleFile(t, format, text))
		for _, p := range problems.Errors() {
			if missing.MatchString(p.Text) || twice.MatchString(p.Text) || other.MatchString(p.Text) || yours.MatchString(p.Text) {
				continue
			}
			t.Errorf("%s", p)
		}
		if len(problems.Errors()) < 4 {
			t.Errorf("the %s example was not uncommented: %s", format, problems)
		}
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	for _, format := range []string{"hcl", "yaml"} {
		for _, s := range declared() {
			for _, name := range allNames(s.keys) {
				if !regexp.MustCompile(`(?m)^ +#?` + name + `( =|:) \S`).MatchString(Example(format)) {
					t.Errorf("the %s example has no %s.%s", format, s.name, name)
				}
			}
		}
	}
}

// allNames are the names of a block's keys, and of those in the blocks within it.
func allNames(keys []key) []string {
	var names []string
	for _, k := range keys {
		if k.inner != nil {
			names = append(names, allNames(k.inner)...)
			continue
		}
		names = append(names, namesOf([]key{k})...)
	}
	return names
}

func TestCommittedExamplesAreCurrent(t *testing.T) {
	for _, format := range []string{"hcl", "yaml"} {
		name := "example." + format
		if *update {
			if err := os.WriteFile(name, []byte(Example(format)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		committed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(committed) != Example(format) {
			t.Errorf("%s is stale; run: go test ./configs -run Committed -update", name)
		}
	}
}

func TestExampleOfAnotherFormatIsEmpty(t *testing.T) {
	if text := Example("toml"); text != "" {
		t.Errorf("got %q", text)
	}
}
