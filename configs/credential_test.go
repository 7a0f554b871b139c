package configs

import (
	"path/filepath"
	"strings"
	"testing"
)

const withCredential = `
listener "pop3" { address = ":110" }
upstream "mail" { address = "imap.example.org:993" }
state {
  source_file = "${CREDENTIALS_DIRECTORY}/source"
}
`

// Both languages name what systemd hands over as a unit does, HCL without an escape.
func TestSecretsOfLoadCredential(t *testing.T) {
	folder := filepath.Dir(write(t, "source", password+"\n"))
	for name, text := range map[string]string{
		"popbridge.yaml": smallest + "state: {source_file: \"${CREDENTIALS_DIRECTORY}/source\"}\n",
		"popbridge.hcl":  withCredential,
		"escaped.hcl":    strings.ReplaceAll(withCredential, "${", "$${"),
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, name, text)
			t.Setenv("CREDENTIALS_DIRECTORY", folder)
			config, problems := Load(path)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			if got := config.State.Source.Reveal(); got != password {
				t.Errorf("got %q", got)
			}
			t.Setenv("CREDENTIALS_DIRECTORY", "")
			_, problems = Load(path)
			if want := "CREDENTIALS_DIRECTORY is not set, so source cannot be found; systemd sets it if the unit has LoadCredential=source:/path/of/the/file"; !strings.Contains(problems.String(), want) {
				t.Errorf("got %s", problems)
			}
		})
	}
}

// A key and a certificate are files too; text that is no file's name is left alone.
func TestPathsOfLoadCredential(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/nonexistent/credentials")
	_, problems := Load(write(t, "popbridge.yaml", `
listener:
  pop3: {certificate: "${CREDENTIALS_DIRECTORY}/chain.pem", key: "${CREDENTIALS_DIRECTORY}", certificates: ["${CREDENTIALS_DIRECTORY}/more"]}
upstream:
  mail: {address: "imap.example.org:993", ca_file: "${CREDENTIALS_DIRECTORY}/ca.pem", master_user: "${CREDENTIALS_DIRECTORY}/x"}
`))
	for _, want := range []string{
		`listener.pop3.key: "${CREDENTIALS_DIRECTORY}" names no credential; write "${CREDENTIALS_DIRECTORY}/name"`,
		"upstream.mail.ca_file: /nonexistent/credentials/ca.pem cannot be read",
	} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("%s\nis not in %s", want, problems)
		}
	}
	if strings.Contains(problems.String(), "credentials/x") {
		t.Errorf("a name was taken for a file: %s", problems)
	}
}
