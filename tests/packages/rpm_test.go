package packages

import (
	"runtime"
	"strings"
	"testing"
)

// TestRPM: what the .rpm would lay down, whose it would be, and that its scripts are there.
func TestRPM(t *testing.T) {
	t.Parallel()
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	file := only(t, release(t), "popbridge-0.1.0-1."+arch+".rpm")
	query := func(what ...string) string {
		return run(t, append(append([]string{"rpm", "--query", "--package"}, what...), file)...)
	}
	if got, want := query("--queryformat", "%{NAME} %{VERSION} %{ARCH} %{LICENSE}"), "popbridge 0.1.0 "+arch+" MIT"; got != want {
		t.Errorf("%s is %q, want %q", file, got, want)
	}
	files := query("--queryformat", `[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]`)
	for _, want := range []string{
		"/etc/popbridge/popbridge.yaml 100640 root:popbridge", "/usr/bin/popbridge 100755 root:root",
		"/usr/lib/systemd/system/popbridge.service 100644 root:root", "/usr/share/bash-completion/completions/popbridge 100644 root:root",
		"/usr/share/zsh/site-functions/_popbridge 100644 root:root", "/usr/share/fish/vendor_completions.d/popbridge.fish 100644 root:root",
		"/usr/share/doc/popbridge/fail2ban/filter.d/popbridge.conf 100644 root:root", "/var/lib/popbridge 40700 popbridge:popbridge",
	} {
		if !strings.Contains(files, want+"\n") {
			t.Errorf("%s has no %s\n%s", file, want, files)
		}
	}
	if got := query("--configfiles"); got != "/etc/popbridge/popbridge.yaml\n" {
		t.Errorf("configuration files: %q", got)
	}
	if scripts := query("--scripts"); strings.Count(scripts, "#!/bin/sh") != 4 {
		t.Errorf("scripts:\n%s", scripts)
	}
}
