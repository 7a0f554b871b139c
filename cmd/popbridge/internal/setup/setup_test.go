package setup

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/configs"
)

// TestConfigurations: whatever is answered, the configuration is short, and nothing is
// wrong with it but files that are not there yet.
func TestConfigurations(t *testing.T) {
	base := Answers{Folder: t.TempDir(), Account: "alice@example.org", Domain: "example.org", Address: "imap.example.org:143", TLS: configs.TLSStartTLS, Tenant: "example.org", ClientID: "11-22"}
	if err := os.WriteFile(filepath.Join(base.Folder, keyName), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	for provider := configs.ProviderOther; provider <= configs.ProviderNetEase163; provider++ {
		for _, flow := range []configs.Flow{configs.FlowClientCredentials, configs.FlowDevice, configs.FlowCode} {
			for _, certificate := range []string{"", filepath.Join(base.Folder, "client.pem")} {
				for i, networks := range [][]netip.Prefix{nil, {netip.MustParsePrefix("10.1.0.0/16")}, nil} {
					a := base
					a.Provider, a.Flow, a.Certificate, a.Key, a.Networks = provider, flow, certificate, certificate, networks
					most := 12
					if a.Sends = i > 0; a.Sends {
						most = 15
					}
					if a.Sends && a.server() {
						a.Submission, a.SendTLS = "smtp.example.org:465", configs.TLSImplicit
					}
					text := a.Configuration()
					if n := strings.Count(text, "\n"); n > most {
						t.Errorf("%d lines:\n%s", n, text)
					}
					cfg, problems := configs.Parse("popbridge.yaml", []byte(text))
					if cfg != nil && len(problems.Errors()) == 0 && (cfg.Sends() != a.Sends || (cfg.Upstream[a.UpstreamName()].Submission.Address != "") != a.Sends) {
						t.Errorf("it sends, or does not, as it should not:\n%s", text)
					}
					for _, p := range problems {
						if !strings.Contains(p.Text, "no such file") {
							t.Errorf("%v in\n%s", p, text)
						}
					}
					if a.ByToken() != strings.Contains(text, "login: device") {
						t.Errorf("device passwords in\n%s", text)
					}
				}
			}
		}
	}
}

// TestNothingIsOverwritten: neither a file nor a link that leads elsewhere.
func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if _, err := WriteNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others may read %v, %v", info.Mode(), err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Join(dir, "link")} {
		if _, err := WriteNew(path, []byte("second")); err == nil {
			t.Errorf("%s was written over", path)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "first" {
		t.Errorf("it holds %q, %v", data, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
