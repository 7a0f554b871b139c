package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Postfix is a running submission server that lets in whom a Dovecot lets in (SASL).
type Postfix struct {
	// Submission is host:port of the port that begins in plain text and offers STARTTLS,
	// Submissions of the one with TLS from the start.
	Submission, Submissions string
	// CAFile is the authority of both in PEM.
	CAFile string
	// Inbox is the folder of a Maildir to which everything is delivered for example.org
	// and example.net.
	Inbox string

	server *Server
}

// PostfixAuth is Dovecot's configuration for a socket at which a Postfix asks it.
func PostfixAuth(socket string) string {
	return fmt.Sprintf("service auth {\n unix_listener %s {\n  mode = 0666\n }\n}\n", socket)
}

// StartPostfix starts the installed Postfix. socket is Dovecot's, see PostfixAuth;
// mechanisms are those that it may use.
func StartPostfix(t testing.TB, socket, extra string) *Postfix {
	t.Helper()
	needs(t, "/usr/sbin/postfix", "/usr/lib/postfix/sbin/master")
	dir := folder(t)
	ports := FreePorts(t, 2)
	certificate := NewCertificate(t, dir)
	mail := account(t, "mail")
	for _, sub := range []string{"queue", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	own(t, filepath.Join(dir, "mail"), mail)
	own(t, filepath.Join(dir, "data"), account(t, "postfix"))
	p := &Postfix{
		Submission: local(ports[0]), Submissions: local(ports[1]), CAFile: certificate.CA, Inbox: filepath.Join(dir, "mail", "inbox"),
		server: &Server{Name: "postfix", CAFile: certificate.CA, Dir: dir, Log: filepath.Join(dir, "log")},
	}
	var main strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&main, format+"\n", args...) }
	line("compatibility_level = 3.6")
	line("queue_directory = %s/queue\ndata_directory = %s/data", dir, dir)
	line("maillog_file = /dev/stdout")
	line("inet_interfaces = 127.0.0.1\ninet_protocols = ipv4")
	line("myhostname = mail.example.org\nmydestination =\nalias_maps =\nlocal_recipient_maps =")
	line("virtual_mailbox_domains = example.org, example.net")
	line("virtual_mailbox_base = %s/mail\nvirtual_mailbox_maps = static:inbox/", dir)
	line("virtual_uid_maps = static:%s\nvirtual_gid_maps = static:%s\nvirtual_minimum_uid = 1", mail.Uid, mail.Gid)
	line("smtpd_tls_cert_file = %s\nsmtpd_tls_key_file = %s\nsmtpd_tls_security_level = may", certificate.Cert, certificate.Key)
	line("smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = %s\nsmtpd_tls_auth_only = no", socket)
	line("smtpd_relay_restrictions = permit_sasl_authenticated, reject\nsmtpd_recipient_restrictions = permit_sasl_authenticated, reject")
	line("message_size_limit = 60000000\nvirtual_mailbox_limit = 0\nsmtpd_delay_reject = no\nsmtpd_error_sleep_time = 0\nsmtpd_client_connection_count_limit = 0\ndefault_process_limit = 100")
	line("%s", extra)
	write(t, filepath.Join(dir, "main.cf"), main.String(), 0o644)
	write(t, filepath.Join(dir, "master.cf"), fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
127.0.0.1:%d inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
smtp unix - - n - - smtp
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`, ports[0], ports[1]), 0o644)
	p.server.programs = []program{{argv: []string{"/usr/sbin/postfix", "-c", dir, "start-fg"}, env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}}
	p.server.run(t)
	p.settle(t)
	return p
}

// settle waits until the server greets. Its first process makes a group of its own, which
// has to be ended with the one that was started.
func (p *Postfix) settle(t testing.TB) {
	t.Helper()
	err := fmt.Errorf("not tried")
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); time.Sleep(pause) {
		err = greeting(p.Submission, "220", nil)
	}
	if err != nil {
		t.Fatalf("postfix does not greet on %s: %v; its log:\n%s", p.Submission, err, tail(p.server.Log, 20))
	}
	file, err := os.ReadFile(filepath.Join(p.server.Dir, "queue", "pid", "master.pid"))
	if err != nil {
		t.Fatal(err)
	}
	master := &group{ended: make(chan struct{})}
	close(master.ended) // its parent waits for it
	if _, err := fmt.Sscan(string(file), &master.id); err != nil || master.id < 2 {
		t.Fatalf("master.pid holds %q", file)
	}
	p.server.groups = append(p.server.groups, master)
}

// Pids are those of its processes now.
func (p *Postfix) Pids() []int { return p.server.Pids() }

// Delivered are the messages that hold a text, as they were delivered, without the
// fields that Postfix puts on top. It waits until there are so many.
func (p *Postfix) Delivered(t testing.TB, text string, n int) [][]byte {
	t.Helper()
	var found [][]byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		found = nil
		files, _ := filepath.Glob(filepath.Join(p.Inbox, "new", "*"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte(text)) {
				found = append(found, beneath(data))
			}
		}
		if len(found) >= n {
			return found
		}
	}
	t.Fatalf("%d messages with %q were delivered, want %d; postfix's log:\n%s", len(found), text, n, tail(p.server.Log, 20))
	return nil
}

// beneath is a message as it came in: what Postfix has put on top ends with its own
// Received:.
func beneath(data []byte) []byte {
	_, rest, _ := bytes.Cut(data, []byte("Received: "))
	for {
		_, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return rest
		}
		if rest = after; len(rest) == 0 || rest[0] != ' ' && rest[0] != '\t' {
			return rest
		}
	}
}

// AuthSocket is a path for PostfixAuth that servers' users may come to.
func AuthSocket(t testing.TB) string {
	t.Helper()
	return filepath.Join(folder(t), "auth")
}
