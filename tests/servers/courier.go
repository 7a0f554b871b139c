package servers

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Courier says how a Courier differs from the one that the zero value gives:
// Maildir, names below "INBOX.", capabilities as Debian sets them.
type Courier struct {
	// Users are logins and their passwords; nil means Users().
	Users map[string]string
	// Settings are variables of Courier's configuration files, for IMAP and POP3
	// alike, instead of those that are set here: "IMAP_CAPABILITY": "IMAP4rev1".
	Settings map[string]string
}

// StartCourier starts the unpacked Courier with IMAP and POP3. It needs root, for
// a mount namespace of its own. Two of its habits cannot be turned off: it sleeps
// five seconds after a wrong password, and an answer that it sends in two segments
// waits 40 ms for the client's delayed acknowledgement.
func StartCourier(t testing.TB, o Courier) *Server {
	t.Helper()
	if o.Users == nil {
		o.Users = Users()
	}
	prefix := unpacked(t, "courier")
	needs(t, filepath.Join(prefix, "usr/lib/courier/courier/imaplogin"), filepath.Join(prefix, "usr/lib/courier/courier/courierpop3login"))
	if os.Geteuid() != 0 {
		t.Fatal("courier has its paths compiled in: only root can give it a mount namespace")
	}
	dir := folder(t)
	ports := FreePorts(t, 4)
	s := &Server{
		Name: "courier",
		IMAP: local(ports[0]), IMAPS: local(ports[1]), POP3: local(ports[2]), POP3S: local(ports[3]),
		Dir: dir, Log: filepath.Join(dir, "log"),
		MailFolder: func(user string) string { return filepath.Join(dir, "mail", user, "Maildir") },
	}
	certificate := NewCertificate(t, dir)
	s.CAFile = certificate.CA
	pem := filepath.Join(dir, "both.pem")
	both := ""
	for _, part := range []string{certificate.Key, certificate.Cert} {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		both += string(data)
	}
	write(t, pem, both, 0o600)
	own(t, pem, account(t, "mail"))
	for _, sub := range []string{"etc/courier/shared", "run/courier/authdaemon", "mail"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o.users(t, dir, prefix)
	addCourier(t, filepath.Join(dir, "etc"))

	env := o.environment(pem)
	place := courierPlace(prefix, dir)
	s.programs = []program{{
		argv: place("/usr/lib/courier/courier-authlib/authdaemond"), env: env, namespace: true,
		ready: filepath.Join(dir, "run/courier/authdaemon/socket"),
	}}
	for i, service := range []struct {
		login []string
		env   []string
	}{
		{courierIMAP, []string{"IMAP_STARTTLS=YES"}},
		{append([]string{"/usr/bin/couriertls", "-server", "-tcpd"}, courierIMAP...), []string{"IMAP_TLS=1"}},
		{courierPOP3, []string{"POP3_STARTTLS=YES"}},
		{append([]string{"/usr/bin/couriertls", "-server", "-tcpd"}, courierPOP3...), []string{"POP3_TLS=1", "POP3_STARTTLS=NO"}},
	} {
		argv := []string{
			"/usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=1200", "-maxperip=1200", "-listen=1200", "-nodnslookup", "-noidentlookup",
			strconv.Itoa(ports[i]),
		}
		s.programs = append(s.programs, program{
			argv: place(append(argv, service.login...)...), env: append(slices.Clone(env), service.env...), namespace: true,
		})
	}
	s.run(t)
	return s
}

var (
	courierIMAP = []string{"/usr/lib/courier/courier/imaplogin", "/usr/bin/imapd", "Maildir"}
	courierPOP3 = []string{"/usr/lib/courier/courier/courierpop3login", "/usr/lib/courier/courier/courierpop3d", "Maildir"}
)

// addCourier adds the user and the group courier to those of the machine, as an
// overlay sees them: STARTTLS becomes that user, whose name is compiled in, before
// it reads the certificate. Here it is another name of mail.
func addCourier(t testing.TB, etc string) {
	t.Helper()
	mail := account(t, "mail")
	for name, line := range map[string]string{
		"passwd": fmt.Sprintf("courier:x:%s:%s::/:/bin/false\n", mail.Uid, mail.Gid),
		"group":  fmt.Sprintf("courier:x:%s:\n", mail.Gid),
	} {
		data, err := os.ReadFile(filepath.Join("/etc", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(etc, name), string(data)+line, 0o644)
	}
}

// courierPlace wraps a command so that it finds the unpacked files, the test's
// configuration and its sockets where they are compiled in. The overlays have no
// upper folder: neither /usr nor /etc can be written through them.
func courierPlace(prefix, dir string) func(...string) []string {
	escape := strings.NewReplacer(`\`, `\\`, `:`, `\:`, `,`, `\,`).Replace
	script := `mount -t overlay overlay -o "lowerdir=$1:/usr" /usr &&
		mount -t overlay overlay -o "lowerdir=$2:/etc" /etc &&
		mount --bind "$3" /run && shift 3 && exec "$@"`
	return func(argv ...string) []string {
		return append([]string{
			"/bin/sh", "-c", script, "sh",
			escape(filepath.Join(prefix, "usr")), escape(filepath.Join(dir, "etc")), filepath.Join(dir, "run"),
		}, argv...)
	}
}

// environment is what Courier's start scripts would export from its configuration
// files, which are shell fragments for no other reader than those scripts.
func (o Courier) environment(pem string) []string {
	settings := map[string]string{
		"PATH":           "/usr/sbin:/usr/bin:/sbin:/bin",
		"authmodulelist": "authuserdb", "authmodulelistorig": "authuserdb",
		"daemons": "5", "DEFAULTOPTIONS": "",

		"IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
		"IMAP_KEYWORDS":   "1", "IMAP_ACL": "1", "IMAP_USELOCKS": "1", "IMAP_UMASK": "022",
		"IMAP_IDLE_TIMEOUT": "60", "IMAP_MAILBOX_SANITY_CHECK": "1", "IMAP_CHECK_ALL_FOLDERS": "0",
		"IMAP_ENHANCEDIDLE": "0", "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_EMPTYTRASH": "Trash:7",
		"IMAP_TLS_REQUIRED": "0", "POP3_TLS_REQUIRED": "0", "POP3AUTH": "", "POP3AUTH_TLS": "PLAIN LOGIN",

		"COURIERTLS": "/usr/bin/couriertls", "TLS_CERTFILE": pem, "TLS_VERIFYPEER": "NONE",
	}
	settings["IMAP_CAPABILITY_TLS"] = settings["IMAP_CAPABILITY"] + " AUTH=PLAIN"
	maps.Copy(settings, o.Settings)
	var env []string
	for key, value := range settings {
		env = append(env, key+"="+value)
	}
	slices.Sort(env)
	return env
}

// users makes the two databases of authuserdb, as makeuserdb(8) would, and an empty
// Maildir for each user.
func (o Courier) users(t testing.TB, dir, prefix string) {
	t.Helper()
	mail := account(t, "mail")
	var public, shadow strings.Builder
	for login, password := range o.Users {
		home := filepath.Join(dir, "mail", login)
		for _, sub := range []string{"cur", "new", "tmp"} {
			if err := os.MkdirAll(filepath.Join(home, "Maildir", sub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256([]byte(password))
		fmt.Fprintf(&public, "%s\tuid=%s|gid=%s|home=%s|_=\n", login, mail.Uid, mail.Gid, home)
		fmt.Fprintf(&shadow, "%s\tsystempw={SHA256}%s\n", login, base64.StdEncoding.EncodeToString(sum[:]))
	}
	own(t, filepath.Join(dir, "mail"), mail)
	etc := filepath.Join(dir, "etc/courier")
	for name, lines := range map[string]string{"userdb.dat": public.String(), "userdbshadow.dat": shadow.String()} {
		path := filepath.Join(etc, name)
		cmd := exec.Command(filepath.Join(prefix, "usr/lib/courier/courier-authlib/makedatprog"), "-", path+".tmp", path)
		cmd.Stdin = strings.NewReader(lines + ".\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("makedatprog: %v: %s: run tests/install", err, out)
		}
	}
	write(t, filepath.Join(etc, "authdaemonrc"), "authmodulelist=\"authuserdb\"\nauthmodulelistorig=\"authuserdb\"\ndaemons=5\n", 0o644)
}
