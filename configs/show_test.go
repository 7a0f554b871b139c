package configs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestShow: each value that is in force, and who has set it. No secret is shown.
func TestShow(t *testing.T) {
	secret := write(t, "secret", "opensesame\n")
	dir := folderOf(t, map[string]string{
		"a.hcl":  "listener \"pop3\" {\n  address = \":1110\"\n  plaintext_auth = true\n}\n",
		"b.yaml": strings.Replace("upstream:\n  m365:\n    provider: microsoft365\n    oauth2: {tenant: example.org, client_id: c, client_secret: opensesame}\n  old:\n    address: pop.example.org:995\n    protocol: pop3\n    auth: master\n    master_user: u\n    master_password_file: SECRET\nroute:\n  - {user: 'a*', upstream: m365, login: device, client: [10.0.0.0/8, 192.0.2.1]}\n", "SECRET", secret, 1),
	})
	t.Setenv("POPBRIDGE_LIMITS_DRAIN", "7s")
	t.Setenv("POPBRIDGE_STATE_SOURCE", "/srv/state.db")
	settings, problems := Show(dir)
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	got := make(map[string]string)
	for _, s := range settings {
		if strings.Contains(s.Value, "opensesame") {
			t.Errorf("%s shows its secret", s.Key)
		}
		if _, twice := got[s.Key]; twice {
			t.Errorf("%s stands there twice", s.Key)
		}
		got[s.Key] = strings.NewReplacer(dir, "FOLDER", secret, "SECRET").Replace(s.Value + " # " + s.From)
	}
	for key, want := range map[string]string{
		"listener.pop3.address":              `":1110" # FOLDER/a.hcl:2`,
		"listener.pop3.tls":                  `"none" # default: starttls if a certificate is set, else none`,
		"listener.pop3.allow":                "[] # default",
		"limits.drain":                       `"7s" # environment POPBRIDGE_LIMITS_DRAIN`,
		"limits.bad_commands":                "20 # default",
		"upstream.m365.address":              `"outlook.office365.com:993" # provider microsoft365`,
		"upstream.m365.oauth2.scopes":        `["https://outlook.office365.com/.default"] # provider microsoft365`,
		"upstream.m365.oauth2.client_id":     `"c" # FOLDER/b.yaml:4`,
		"upstream.m365.oauth2.client_secret": `"<redacted>" # FOLDER/b.yaml:4`,
		"upstream.old.master_password_file":  `"SECRET" # FOLDER/b.yaml:10`,
		"maildrop.default.on_delete":         `"trash" # default`,
		"route[0].client":                    `["10.0.0.0/8", "192.0.2.1/32"] # FOLDER/b.yaml:12`,
		"state.secrets_key":                  `"" # default`,
		"state.source":                       `"/srv/state.db" # environment POPBRIDGE_STATE_SOURCE`,
	} {
		if got[key] != want {
			t.Errorf("%s = %s, want %s", key, got[key], want)
		}
	}
	t.Setenv("POPBRIDGE_STATE_DRIVER", "postgres")
	t.Setenv("POPBRIDGE_STATE_SOURCE", "postgres://popbridge:opensesame@database/popbridge")
	settings, _ = Show(dir)
	if len(settings) == 0 || slices.ContainsFunc(settings, func(s Setting) bool { return strings.Contains(s.Value, "opensesame") }) {
		t.Errorf("a connection string shows its password: %v", settings)
	}
	if _, problems := Show(filepath.Join(dir, "none.yaml")); problems.Err() == nil {
		t.Error("a file that is not there is shown")
	}
}
