package configs

import (
	"io/fs"
	"strings"
	"testing"
)

// What is said of a file that permissions keep from the process: who it is, whose the
// file is, the mode, and one command that mends it and takes nothing from the service.
func TestAFileThatPermissionsForbid(t *testing.T) {
	service := owner{"popbridge", "popbridge", []string{"popbridge", "ssl-cert"}}
	alice := owner{"alice", "users", []string{"users"}}
	for _, c := range []struct {
		me     owner
		folder bool
		mode   fs.FileMode
		of     owner
		want   string
	}{
		{service, false, 0o600, owner{user: "root", group: "root"}, "popbridge runs as user popbridge and group popbridge, /s belongs to root:root and has mode 0600; run: chown root:popbridge /s && chmod 0640 /s"},
		{service, false, 0o640, owner{user: "root", group: "root"}, "and has mode 0640; run: chown root:popbridge /s && chmod 0640 /s"},
		{service, false, 0o600, owner{user: "root", group: "popbridge"}, "; run: chown root:popbridge /s && chmod 0640 /s"},
		{service, false, 0o040, owner{user: "popbridge", group: "root"}, "; run: chmod u+r /s"},
		{service, true, 0o700, owner{user: "root", group: "root"}, "the folder /s belongs to root:root and has mode 0700; run: chown :popbridge /s && chmod g+x /s"},
		{service, true, 0, owner{user: "root", group: "root"}, "; a service may not look there, so keep the file in /etc/popbridge"},
		{service, false, 0o640, owner{user: "root", group: "ssl-cert"}, "; the mode would let it in, so look at getfacl, AppArmor or SELinux"},
		{alice, false, 0o640, owner{user: "root", group: "popbridge"}, "; run the command as the service does: sudo -u popbridge popbridge …"},
		{alice, false, 0o400, owner{user: "popbridge", group: "root"}, "; run the command as the service does: sudo -u popbridge popbridge …"},
	} {
		if got := forbidden(c.me, "/s", c.folder, c.mode, c.of); !strings.HasSuffix(got, c.want) {
			t.Errorf("mode %#o of %v: %s\nwant %s", c.mode, c.of, got, c.want)
		}
	}
}

func TestAnEmptySecretFileIsAMistake(t *testing.T) {
	for _, content := range []string{"", "\n", "\r\n"} {
		path := write(t, "source", content)
		_, problems := Load(write(t, "popbridge.yaml", smallest+"state: {source_file: "+path+"}\n"))
		if want := "state.source_file: " + path + " is empty; write the secret into it, or leave the key out"; !strings.Contains(problems.String(), want) || problems.Err() == nil {
			t.Errorf("%q gives %s", content, problems)
		}
	}
}
