package lookup

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// entries are people with the attributes that ldapLookup reads.
func entries() string {
	var b strings.Builder
	for i, lines := range []string{
		"mail: bob@example.org\nou: mail\nuid: " + owner + "\nemployeeType: lab",
		"mail: refused@example.org\ntitle: refuse",
		"mail: wrong@example.org\nou: nwe",
		"mail: twice@example.org\nou: mail",
		"mail: twice@example.org\nou: third",
	} {
		fmt.Fprintf(&b, "dn: cn=%d,dc=example,dc=org\nobjectClass: inetOrgPerson\ncn: %d\nsn: %d\n%s\n\n", i, i, i, lines)
	}
	return b.String()
}

// ldapLookup asks at an address, as a user with a password.
func ldapLookup(scheme, address, user, password string) string {
	source := url.URL{Scheme: scheme, Host: address, User: url.UserPassword(user, password)}
	return fmt.Sprintf(`    driver: ldap
    source: %q
    timeout: 1s
    cache: 0s
    negative_cache: 0s
    base: dc=example,dc=org
    filter: (&(objectClass=inetOrgPerson)(mail={user}))
    attributes: {upstream: ou, account: uid, maildrop: employeeType, action: title}`, source.String())
}

func TestLDAP(t *testing.T) {
	imap := bridge.Demo(t, 2)
	s := servers.StartSlapd(t, entries())
	b := bridge.Start(t, config(imap, imap, ldapLookup("ldap", s.Address, s.User, s.Password)), password, s.Password)
	tried(t, b)
	hostile(t, b)
	b.Refused(t, "twice@example.org", password, "[SYS/TEMP]")
	b.AwaitLine("twice@example.org", "the filter finds more than one entry")
	s.Freeze()
	gone(t, b, "no answer within 1s")
	s.Thaw()
	tried(t, b)
	s.Stop()
	gone(t, b, "connection refused")
	s.Start(t)
	tried(t, b)
}

// A password for the directory never leaves the machine without TLS, whose certificate
// has to be the host's.
func TestLDAPOverTLS(t *testing.T) {
	imap := bridge.Demo(t, 2)
	const name = "directory.example.org"
	s := servers.StartSlapd(t, entries(), name)
	t.Setenv("SSL_CERT_FILE", s.Certificate.CA)
	_, secure, _ := strings.Cut(s.Secure, ":")
	_, plain, _ := strings.Cut(s.Address, ":")
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost "+name+" other.example.org\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// start runs popbridge where these names are known.
	start := func(t *testing.T, scheme, address, user, secret string) *bridge.Bridge {
		path := filepath.Join(t.TempDir(), "popbridge.yaml")
		if err := os.WriteFile(path, []byte(config(imap, imap, ldapLookup(scheme, address, user, secret))), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("unshare", "--mount", "sh", "-c", `mount --bind "$1" /etc/hosts && shift && exec "$@"`, "sh", hosts, bridge.Binary(t), "serve", "--config", path)
		cmd.Env = append(os.Environ(), "STATE_DIRECTORY="+t.TempDir())
		b := bridge.RunCommand(t, cmd, password, s.Password)
		b.Config = path
		b.Await("popbridge is ready")
		return b
	}
	t.Run("StartTLS", func(t *testing.T) { tried(t, start(t, "ldap", name+":"+plain, s.User, s.Password)) })
	t.Run("ldaps", func(t *testing.T) { tried(t, start(t, "ldaps", name+":"+secure, s.User, s.Password)) })
	refused := func(t *testing.T, b *bridge.Bridge, says string) {
		b.Refused(t, "bob@example.org", password, "[SYS/TEMP]")
		b.AwaitLine("bob@example.org", says)
	}
	t.Run("StartTLS of another host", func(t *testing.T) {
		refused(t, start(t, "ldap", "other.example.org:"+plain, s.User, s.Password), "not other.example.org")
	})
	t.Run("ldaps of another host", func(t *testing.T) {
		refused(t, start(t, "ldaps", "other.example.org:"+secure, s.User, s.Password), "not other.example.org")
	})
	t.Run("a wrong password", func(t *testing.T) {
		refused(t, start(t, "ldaps", name+":"+secure, s.User, "wrong"), "Invalid Credentials")
	})
}
