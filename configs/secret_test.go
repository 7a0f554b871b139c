package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const password = "opensesame"

// secretive is what a configuration with a password loads to.
func secretive(t *testing.T) *Config {
	t.Helper()
	config, problems := Load(write(t, "popbridge.yaml", smallest+"state: {source: "+password+"}\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got := config.State.Source.Reveal(); got != password {
		t.Fatalf("the secret is %q", got)
	}
	return config
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	config := secretive(t)
	hidden := struct{ source Secret }{config.State.Source}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s"} {
		shown = append(shown, fmt.Sprintf(verb, *config), fmt.Sprintf(verb, config.State.Source), fmt.Sprintf(verb, &config.State), fmt.Sprintf(verb, hidden))
	}
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("state", "config", config.State, "source", config.State.Source)
	shown = append(shown, string(encoded), logged.String())
	for _, text := range shown {
		if strings.Contains(text, password) || strings.Contains(text, fmt.Sprintf("%x", password)) {
			t.Errorf("the secret is in %s", text)
		}
	}
	if !strings.Contains(string(encoded), redacted[1:len(redacted)-1]) {
		t.Errorf("nothing shows that there is a secret: %s", encoded)
	}
}

func TestSecretsAreReadFromFiles(t *testing.T) {
	for content, want := range map[string]string{
		password:             password,
		password + "\n":      password,
		password + "\r\n":    password,
		password + "\n\n":    password + "\n",
		" " + password + " ": " " + password + " ",
	} {
		path := write(t, "source", content)
		config, problems := Load(write(t, "popbridge.yaml", smallest+"state: {source_file: "+path+"}\n"))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if got := config.State.Source.Reveal(); got != want {
			t.Errorf("%q is read as %q", content, got)
		}
	}
}

func TestASecretFileThatAllMayReadIsAWarning(t *testing.T) {
	path := write(t, "source", password)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, problems := Load(write(t, "popbridge.yaml", smallest+"state: {source_file: "+path+"}\n"))
	if !strings.Contains(problems.Warnings().String(), "state.source_file: "+path+" can be read by every user of this machine") || problems.Err() != nil {
		t.Errorf("got %s", problems)
	}
}

// A configuration that holds a secret itself is as private as a secret's file has to
// be; one that holds none may be read by everybody.
func TestAConfigurationThatOthersCanReadIsAWarning(t *testing.T) {
	source := write(t, "source", password)
	for _, c := range []struct {
		mode fs.FileMode
		text string
		want string
	}{
		{0o644, "state: {driver: postgres, source: \"postgres://pb:" + password + "@db/pb\"}\n", "state.source: is a secret, and this file can be read by every user of this machine; run chmod o-r on it, or keep the secret in a file that source_file names"},
		{0o642, "state: {driver: postgres, source: \"host=db password=" + password + "\"}\n", "state.source: is a secret, and this file can be written by every user of this machine; run chmod o-w on it"},
		{0o666, "state: {driver: postgres, source: \"postgres://db/pb?password=" + password + "\"}\n", "state.source: is a secret, and this file can be read and written by every user of this machine; run chmod o-rw on it"},
		{0o640, "state: {driver: postgres, source: \"postgres://pb:" + password + "@db/pb\"}\n", ""},
		{0o666, "state: {driver: postgres, source: \"postgres://pb@db/pb\"}\n", ""},
		{0o666, "state: {source: \"/var/lib/popbridge/state.db\"}\n", ""},
		{0o666, "state: {source_file: " + source + "}\n", ""},
	} {
		path := write(t, "popbridge.yaml", smallest+c.text)
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, problems := Load(path)
		got := problems.Warnings().String()
		if c.want == "" && strings.Contains(got, "every user") || !strings.Contains(got, c.want) || strings.Contains(got, password) {
			t.Errorf("%v with %s: %s", c.mode, c.text, problems)
		}
	}
	// A variable of the environment is not in the file.
	t.Setenv("POPBRIDGE_STATE_SOURCE", "postgres://pb:"+password+"@db/pb")
	path := write(t, "popbridge.yaml", smallest+"state: {driver: postgres}\n")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, problems := Load(path); strings.Contains(problems.String(), "every user") {
		t.Errorf("got %s", problems)
	}
	// A file that a secret stands in alone must not be written by others either.
	if err := os.Chmod(source, 0o602); err != nil {
		t.Fatal(err)
	}
	t.Setenv("POPBRIDGE_STATE_SOURCE", "")
	if _, problems := Load(write(t, "popbridge.yaml", smallest+"state: {source_file: "+source+"}\n")); !strings.Contains(problems.Warnings().String(), source+" can be written by every user of this machine; run chmod o-w on it") {
		t.Errorf("got %s", problems)
	}
}

// Who may write in the place of a secret can have it sent elsewhere: a group, and whoever
// may put another file there.
func TestASecretThatOthersCanReplaceIsAWarning(t *testing.T) {
	const secret = "state: {driver: postgres, source: \"postgres://pb:" + password + "@db/pb\"}\n"
	source := write(t, "source", password)
	inSource := "state: {source_file: " + source + "}\n"
	for _, c := range []struct {
		file, folder fs.FileMode
		text         string
		want         string // empty: no warning
	}{
		{0o660, 0o755, secret, "state.source: is a secret, and this file can be written by every member of its group; run chmod g-w on it"},
		{0o664, 0o755, secret, "this file can be read by every user of this machine and written by every member of its group; run chmod o-r,g-w on it"},
		{0o600, 0o777, secret, "/conf can be written by every user of this machine, who can put another file in the place of popbridge.yaml; run chmod o-w on it"},
		{0o640, 0o777 | fs.ModeSticky, secret, ""},
		{0o640, 0o775, secret, ""},
		{0o660, 0o777, "", ""},
		{0o660, 0o777, inSource, ""},
	} {
		folder := filepath.Join(t.TempDir(), "conf")
		path := filepath.Join(folder, "popbridge.yaml")
		if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(path, []byte(smallest+c.text), 0o600), os.Chmod(path, c.file), os.Chmod(folder, c.folder)); err != nil {
			t.Fatal(err)
		}
		_, problems := Load(path)
		got := problems.Warnings().String()
		if c.want == "" && strings.Contains(got, "every") || !strings.Contains(got, c.want) || strings.Contains(got, password) {
			t.Errorf("%v in %v with %q: %s", c.file, c.folder, c.text, problems)
		}
	}
	// So for a file that a secret stands in alone.
	for mode, want := range map[fs.FileMode]string{0o620: source + " can be written by every member of its group; run chmod g-w on it", 0o640: ""} {
		if err := os.Chmod(source, mode); err != nil {
			t.Fatal(err)
		}
		_, problems := Load(write(t, "popbridge.yaml", smallest+inSource))
		if got := problems.Warnings().String(); want == "" && strings.Contains(got, "every") || !strings.Contains(got, want) {
			t.Errorf("%v: %s", mode, problems)
		}
	}
	if err := os.Chmod(filepath.Dir(source), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, problems := Load(write(t, "popbridge.yaml", smallest+inSource)); !strings.Contains(problems.Warnings().String(), "who can put another file in the place of source") {
		t.Errorf("got %s", problems)
	}
}

// The environment is another layer: what it says takes the place of either key.
func TestAVariableTakesThePlaceOfASecretOfTheFile(t *testing.T) {
	other := write(t, "other", "of the environment")
	for _, inFile := range []string{"source: of the file", "source_file: " + write(t, "source", "of the file")} {
		for name, value := range map[string]string{"POPBRIDGE_STATE_SOURCE": "of the environment", "POPBRIDGE_STATE_SOURCE_FILE": other} {
			t.Run(name, func(t *testing.T) {
				t.Setenv(name, value)
				config, problems := Load(write(t, "popbridge.yaml", smallest+"state: {"+inFile+"}\n"))
				if err := problems.Err(); err != nil {
					t.Fatal(err)
				}
				if got := config.State.Source.Reveal(); got != "of the environment" {
					t.Errorf("with %s the secret is %s", inFile, got)
				}
			})
		}
	}
}
