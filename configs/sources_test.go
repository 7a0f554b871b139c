package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFolder: the files of a folder are one configuration.
func TestFolder(t *testing.T) {
	const (
		listener = "listener \"pop3\" {\n  address = \"127.0.0.1:0\"\n  plaintext_auth = true\n}\n"
		mail     = "upstream:\n  mail: {address: \"imap.example.org:993\"}\n"
	)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // the problems, with FOLDER for the folder; empty for none
	}{
		{"two languages", map[string]string{"10.hcl": listener, "20.yaml": mail, "30.yml": "login: {device_separator: '+'}\n"}, ""},
		{"others are passed over", map[string]string{"a.hcl": listener, "b.yaml": mail, ".b.yaml.swp": "{", ".hidden.hcl": "{", "notes.txt": "{", "a.hcl~": "{"}, ""},
		{"one block in two files", map[string]string{"a.yaml": mail + "limits: {drain: 5s}\n", "b.yaml": "limits: {bad_commands: 9}\n", "c.hcl": listener}, ""},
		{"nothing", map[string]string{"notes.txt": ""}, "FOLDER: the folder holds no file whose name ends in .hcl, .yaml or .yml"},
		{"a name twice", map[string]string{"a.hcl": listener, "b.yaml": mail, "c.yaml": "log: {}\n" + mail},
			"FOLDER/c.yaml:3: upstream.mail: declared twice, first in FOLDER/b.yaml:2; a name may be declared in one file only: rename one of them, or merge the two"},
		{"a key twice", map[string]string{"a.hcl": listener, "b.yaml": mail + "limits: {drain: 5s}\n", "c.yaml": "limits: {drain: 6s}\n"},
			"FOLDER/c.yaml:1: limits.drain: given twice, first in FOLDER/b.yaml:3; keep one of them"},
		{"a mistake in the second", map[string]string{"a.hcl": listener, "b.yaml": mail + "    tsl: none\n"}, ""},
		{"broken syntax in both", map[string]string{"a.hcl": "listener {", "b.yaml": "a: [\n"}, "FOLDER/a.hcl"},
		{"routes in order of the files", map[string]string{"a.hcl": listener, "b.yaml": mail + "route:\n  - {user: '*', upstream: mail}\n", "c.hcl": "route {\n  user = \"b*\"\n  upstream = \"mail\"\n}\n"},
			"FOLDER/c.hcl:1: route[1]: is never reached: route[0] in FOLDER/b.yaml:4 matches everything that it could; put this one first, or narrow the other"},
		{"a key that is missing", map[string]string{"a.hcl": listener, "b.yaml": "upstream:\n  mail: {}\n"}, "FOLDER/b.yaml:2: upstream.mail.address: "},
		{"a file of no keys", map[string]string{"a.hcl": listener, "b.yaml": mail, "c.yaml": "- 1\n"}, "FOLDER/c.yaml:1: it holds no keys; begin with a block such as upstream"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folderOf(t, c.files)
			config, problems := Load(dir)
			got := strings.ReplaceAll(problems.String(), dir, "FOLDER")
			switch {
			case c.name == "a mistake in the second":
				if config != nil || !strings.Contains(got, "FOLDER/b.yaml") {
					t.Errorf("got %q", got)
				}
			case c.want == "" && (got != "" || config == nil):
				t.Errorf("got %q, want no problem", got)
			case !strings.Contains(got, c.want):
				t.Errorf("got %q, want %q", got, c.want)
			case c.want == "" && (config.Upstream["mail"].Address == "" || len(config.Listener) != 1):
				t.Errorf("got %+v", config)
			}
		})
	}
}

// TestASecretOfAFolder: who can read one file cannot read the others.
func TestASecretOfAFolder(t *testing.T) {
	dir := folderOf(t, map[string]string{
		"a.yaml": "listener: {pop3: {address: '127.0.0.1:0', plaintext_auth: true}}\n",
		"b.yaml": "upstream: {mail: {address: 'imap.example.org:993', auth: master, master_user: u, master_password: secret}}\nroute: [{upstream: mail, login: device}]\n",
	})
	if err := os.Chmod(filepath.Join(dir, "a.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, problems := Load(dir); len(problems) != 0 {
		t.Errorf("the secret is in the other file: %v", problems)
	}
	if err := os.Chmod(filepath.Join(dir, "b.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, problems := Load(dir)
	if len(problems) != 1 || problems[0].File != filepath.Join(dir, "b.yaml") || !strings.Contains(problems[0].Text, "chmod o-r") {
		t.Errorf("got %v", problems)
	}
}

// TestFind: the configuration that is meant where none is named.
func TestFind(t *testing.T) {
	before := home
	t.Cleanup(func() { home = before })
	find := func(files ...string) string {
		t.Helper()
		home = t.TempDir()
		for _, name := range files {
			if err := os.WriteFile(filepath.Join(home, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		path, err := Find()
		if err != nil {
			return strings.ReplaceAll(err.Error(), home, "HOME")
		}
		return strings.ReplaceAll(path, home, "HOME")
	}
	t.Setenv(Variable, "")
	for _, c := range []struct {
		files []string
		want  string
	}{
		{nil, "there is no configuration: $POPBRIDGE_CONFIG is not set, and HOME has no"},
		{[]string{"popbridge.yml"}, "HOME/popbridge.yml"},
		{[]string{"popbridge.yaml", "other.hcl"}, "HOME/popbridge.yaml"},
		{[]string{"popbridge.hcl"}, "HOME/popbridge.hcl"},
		{[]string{"popbridge.hcl", "popbridge.yaml"}, "there is more than one configuration, HOME/popbridge.hcl and HOME/popbridge.yaml; choose one"},
	} {
		if got := find(c.files...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.files, got, c.want)
		}
	}
	find("popbridge.hcl")
	if err := os.WriteFile(filepath.Join(home, "popbridge.yaml"), []byte(Shipped), 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := Find(); err != nil || filepath.Base(path) != "popbridge.hcl" {
		t.Errorf("beside a package's untouched file: %q, %v", path, err)
	}
	t.Setenv(Variable, "/elsewhere.yaml")
	if got := find("popbridge.hcl"); got != "/elsewhere.yaml" {
		t.Errorf("with the variable set: %q", got)
	}
}
