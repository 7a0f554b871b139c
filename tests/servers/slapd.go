package servers

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Slapd is OpenLDAP's server with a directory of its own below dc=example,dc=org, which
// nobody reads without logging in.
type Slapd struct {
	daemon
	// Address is where it speaks plain LDAP, and TLS after StartTLS; Secure is where it
	// speaks TLS from the start.
	Address, Secure string
	// User may read, with Password.
	User, Password string
	// Certificate is what it shows for TLS: for localhost and the names that were asked for.
	Certificate Certificate
}

// slapdConfig has a hole for each of: the folder, three times for the certificate.
const slapdConfig = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile %[2]s
TLSCertificateFile %[3]s
TLSCertificateKeyFile %[4]s
database mdb
suffix dc=example,dc=org
rootdn cn=reader,dc=example,dc=org
rootpw s3cret@word
directory %[1]s
dbnosync
access to * by * auth
`

// StartSlapd starts Debian's slapd with entries, in LDIF, below dc=example,dc=org, which
// is there already. names are further ones that its certificate is good for.
func StartSlapd(t testing.TB, ldif string, names ...string) *Slapd {
	t.Helper()
	dir, ports := folder(t), FreePorts(t, 2)
	s := &Slapd{Address: local(ports[0]), Secure: local(ports[1]), User: "cn=reader,dc=example,dc=org", Password: "s3cret@word", Certificate: NewCertificate(t, dir, names...)}
	config, entries := filepath.Join(dir, "slapd.conf"), filepath.Join(dir, "entries.ldif")
	write(t, config, fmt.Sprintf(slapdConfig, dir, s.Certificate.CA, s.Certificate.Cert, s.Certificate.Key), 0o600)
	write(t, entries, "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"+strings.TrimLeft(ldif, "\n"), 0o600)
	if out, err := exec.Command("/usr/sbin/slapadd", "-q", "-f", config, "-l", entries).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s; is it installed? Run tests/install", err, out)
	}
	s.daemon = daemon{name: "slapd", address: s.Address, log: filepath.Join(dir, "log"), run: program{
		env:  []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/bin"},
		argv: []string{"/usr/sbin/slapd", "-d", "none", "-f", config, "-h", "ldap://" + s.Address + " ldaps://" + s.Secure},
	}}
	s.begin(t)
	return s
}
