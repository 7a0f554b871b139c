package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
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
