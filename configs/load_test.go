package configs

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is generated: the examples, and the messages of testdata")

// write makes a file of its own for one test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustLoad loads YAML that has no problems, warnings neither.
func mustLoad(t *testing.T, text string) *Config {
	t.Helper()
	config, problems := Load(write(t, "popbridge.yaml", text))
	if len(problems) > 0 {
		t.Fatalf("unexpected problems:\n%s", problems)
	}
	return config
}

// smallest is the smallest useful file.
const smallest = `
listener:
  pop3:
    address: ":110"
    plaintext_auth: true
upstream:
  mail:
    address: "imap.example.org:993"
`

// Each bad file stands beside the exact messages that it has to bring forth.
func TestBadFilesGiveTheirMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/bad-*.[hy][ca]*l")
	if err != nil || len(files) < 10 {
		t.Fatalf("only %d files in testdata: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Not Load, which would look at who may read the file here.
			config, problems := Parse(file, data)
			if config != nil != (problems.Err() == nil) {
				t.Errorf("a configuration is given together with errors, or neither")
			}
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(map[bool]string{true: "warning ", false: "error "}[p.Warning] + p.String() + "\n")
			}
			if *update {
				if err := os.WriteFile(file+".txt", []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) || len(problems) == 0 {
				t.Errorf("got:\n%swant:\n%s", &got, want)
			}
		})
	}
}

func TestTenMistakesAreTenMessagesInBothFormats(t *testing.T) {
	_, hcl := Load("testdata/bad-ten.hcl")
	_, yaml := Load("testdata/bad-ten.yaml")
	if len(hcl) != 10 || len(yaml) != 10 {
		t.Fatalf("HCL has %d problems, YAML %d", len(hcl), len(yaml))
	}
	for i := range hcl {
		if hcl[i].Key != yaml[i].Key || hcl[i].Text != yaml[i].Text || hcl[i].Line == 0 || yaml[i].Line == 0 {
			t.Errorf("HCL and YAML differ:\n%s\n%s", hcl[i], yaml[i])
		}
	}
}

// Every key is set to something other than its default, so that a key that one
// of the formats loses is seen.
func TestBothFormatsLoadToEqualValues(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	certify(t, folder, farAway())
	t.Chdir(folder)
	fromHCL, problems := Load("full.hcl")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	fromYAML, problems := Load("full.yaml")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromHCL, fromYAML) {
		t.Errorf("HCL:  %+v\nYAML: %+v", fromHCL, fromYAML)
	}
	defaults, problems := Load(write(t, "popbridge.yaml", strings.Replace(smallest, "plaintext_auth: true", "", 1)+"lookup: {accounts: {source: accounts}}\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	block := func(c *Config, s section) reflect.Value {
		v := reflect.ValueOf(c).Elem().Field(s.field)
		switch s.shape {
		case labelled:
			return v.MapIndex(reflect.ValueOf(map[string]string{"listener": "pop3", "upstream": "mail", "maildrop": "default", "lookup": "accounts"}[s.name]))
		case repeated:
			return reflect.ValueOf(c.Routes()[0])
		}
		return v
	}
	var compare func(at string, keys []key, full, empty reflect.Value)
	compare = func(at string, keys []key, full, empty reflect.Value) {
		for _, k := range keys {
			f, e := full.Field(k.field), empty.Field(k.field)
			switch {
			case k.inner != nil:
				compare(at+"."+k.name, k.inner, f, e)
			case reflect.DeepEqual(f.Interface(), e.Interface()):
				t.Errorf("testdata/full.* leaves %s.%s at its default", at, k.name)
			}
		}
	}
	for _, s := range declared() {
		compare(s.name, s.keys, block(fromHCL, s), block(defaults, s))
	}
}

func TestAFileThatCannotBeReadIsOneProblemWithoutALine(t *testing.T) {
	for path, want := range map[string]string{
		"testdata/none.yaml": "testdata/none.yaml: cannot be read: no such file or directory",
		"testdata/none.toml": "testdata/none.toml: the name has to end in .hcl, .yaml or .yml, which tells the format",
	} {
		config, problems := Load(path)
		if config != nil || problems.String() != want {
			t.Errorf("got %q, want %q", problems, want)
		}
	}
}

func TestAFileTooLargeIsRefused(t *testing.T) {
	_, problems := Load(write(t, "large.yaml", strings.Repeat("#", maxFile+1)))
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "at most 4194304") {
		t.Errorf("got %s", problems)
	}
}

func TestAliasesThatGrowWithoutEndAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := '1'; i <= '9'; i++ {
		b.WriteString(strings.NewReplacer("N", string(i), "P", string(i-1)).Replace("aN: &aN [*aP, *aP, *aP, *aP, *aP, *aP, *aP, *aP, *aP, *aP]\n"))
	}
	for _, text := range []string{b.String(), "a: &a [*a]\n"} {
		_, problems := Load(write(t, "aliases.yaml", text))
		if problems.Err() == nil || !strings.Contains(problems.String(), "alias") && !strings.Contains(problems.String(), "anchor") {
			t.Errorf("got %s", problems)
		}
	}
}

// The parser of HCL would end the process, and with it a service that reloads. One
// kind fills a file as large as may be: the others need fewer levels to be refused,
// and each octet costs time under the race detector.
func TestHCLNestedWithoutEndIsRefused(t *testing.T) {
	for _, opening := range []string{"[", "{a=", "(", "!", "-", "true ? 1 : ", "\"${", "a {\n"} {
		octets := 1 << 15
		if opening == "[" {
			octets = 1 << 20
		}
		before := "a = "
		if strings.HasPrefix(opening, "a ") {
			before = ""
		}
		_, problems := Load(write(t, "deep.hcl", before+strings.Repeat(opening, octets/len(opening)-len(before))))
		if len(problems) != 1 || problems[0].Text != "it is nested too deep" || problems[0].Line == 0 {
			t.Errorf("%q: %.200s", opening, problems)
		}
	}
}

func TestParseTakesWhatIsInMemory(t *testing.T) {
	config, problems := Parse("memory.yml", []byte(smallest))
	if len(problems) > 0 || config.Upstream["mail"].Address != "imap.example.org:993" {
		t.Errorf("got %+v with %s", config, problems)
	}
	if config, problems = Parse("memory.txt", []byte(smallest)); config != nil || len(problems) != 1 || problems[0].File != "memory.txt" {
		t.Errorf("got %+v with %s", config, problems)
	}
}
