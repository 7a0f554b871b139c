package servers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// Dovecot says how a Dovecot differs from the one that the zero value gives:
// Maildir, no namespace prefix, separator '/', and the mailboxes Trash, Archive,
// Junk, Sent and Drafts with their special uses, made and subscribed at login.
type Dovecot struct {
	// Users are logins and their passwords; nil means Users().
	Users map[string]string
	// Capability replaces what the server announces (imap_capability). Dovecot
	// goes on to obey commands that it does not announce.
	Capability string
	// NoSpecialUse leaves out the five mailboxes; INBOX is then the only one.
	NoSpecialUse bool
	// Prefix and Separator are the namespace's: "INBOX." and "." give the
	// names that Courier and old Cyrus servers show.
	Prefix, Separator string
	// POP3UIDLFormat is pop3_uidl_format of Dovecot's own POP3 server.
	POP3UIDLFormat string
	// Mechanisms is auth_mechanisms; empty is plain alone.
	Mechanisms string
	// Masters are users, with their passwords, who may log in as everybody else.
	Masters map[string]string
	// Tokens has it take access tokens; nil takes none. Mechanisms must name how.
	Tokens *Tokens
	// Extra is raw configuration. It comes last, and so wins.
	Extra string
}

// Plain is what an old server announces: no UIDPLUS, no MOVE, no SPECIAL-USE,
// no ESEARCH, no CONDSTORE, no LITERAL+.
const Plain = "IMAP4rev1 NAMESPACE IDLE AUTH=PLAIN"

// StartDovecot starts the installed Dovecot with IMAP and POP3.
func StartDovecot(t testing.TB, o Dovecot) *Server {
	t.Helper()
	needs(t, "/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3")
	if o.Users == nil {
		o.Users = Users()
	}
	dir := folder(t)
	ports := FreePorts(t, 4)
	s := &Server{
		Name: o.name(),
		IMAP: local(ports[0]), IMAPS: local(ports[1]), POP3: local(ports[2]), POP3S: local(ports[3]),
		Dir: dir, Log: filepath.Join(dir, "log"),
		MailFolder: func(user string) string { return filepath.Join(dir, "mail", user, "Maildir") },
	}
	certificate := NewCertificate(t, dir)
	s.CAFile = certificate.CA

	mail, internal, login := dovecotUsers(t)
	for _, sub := range []string{"run", "state", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	own(t, filepath.Join(dir, "mail"), mail)

	write(t, filepath.Join(dir, "users"), passwordFile(o.Users), 0o644)
	conf := filepath.Join(dir, "dovecot.conf")
	group, err := user.LookupGroupId(internal.Gid)
	if err != nil {
		t.Fatal(err)
	}
	write(t, conf, o.conf(t, s, certificate, ports, mail, internal, login, group.Name), 0o644)

	s.programs = []program{{
		argv: []string{"/usr/sbin/dovecot", "-F", "-c", conf},
		env:  []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
	}}
	s.run(t)
	return s
}

// dovecotUsers are the users for the mail, for Dovecot's own processes and for
// those that talk to clients before login. A tester who is not root is all three.
func dovecotUsers(t testing.TB) (mail, internal, login *user.User) {
	t.Helper()
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		return me, me, me
	}
	return account(t, "mail"), account(t, "dovecot"), account(t, "dovenull")
}

func (o Dovecot) conf(t testing.TB, s *Server, c Certificate, ports []int, mail, internal, login *user.User, group string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("base_dir = %s/run", s.Dir)
	line("state_dir = %s/state", s.Dir)
	line("log_path = %s", s.Log)
	line("protocols = imap pop3")
	line("listen = %s", strings.Join(loopback(), ", "))
	line("default_internal_user = %s", internal.Username)
	line("default_internal_group = %s", group)
	line("default_login_user = %s", login.Username)
	line("ssl = yes")
	line("ssl_cert = <%s", c.Cert)
	line("ssl_key = <%s", c.Key)

	line("disable_plaintext_auth = no")
	line("auth_username_chars =") // whatever login a test thinks of
	o.authentication(t, s.Dir, line)
	// Without nodelay Dovecot collects failures and answers every half second, even
	// when auth_failure_delay is nothing.
	line("passdb {\n driver = passwd-file\n args = username_format=%%u %s/users\n default_fields = nodelay=y\n}", s.Dir)
	line("userdb {\n driver = static\n args = uid=%s gid=%s home=%s/mail/%%u\n}", mail.Uid, mail.Gid, s.Dir)
	line("first_valid_uid = 1")
	line("mail_location = maildir:~/Maildir")
	line("mail_fsync = never") // the store need not survive a power cut
	line("maildir_very_dirty_syncs = no")
	o.namespace(line)
	if o.Capability != "" {
		line("imap_capability = %s", o.Capability)
	}
	if o.POP3UIDLFormat != "" {
		line("pop3_uidl_format = %s", o.POP3UIDLFormat)
	}

	// Wrong passwords are answered at once, and the penalty for the next ones,
	// which anvil keeps per client address, is not to be had.
	line("auth_failure_delay = 0")
	line("service anvil {\n unix_listener anvil-auth-penalty {\n  mode = 0\n }\n}")
	line("mail_max_userip_connections = 0")
	line("default_client_limit = 4000")
	line("default_vsz_limit = 0")
	for i, protocol := range []string{"imap", "pop3"} {
		line("service %s-login {", protocol)
		line(" inet_listener %s {\n  port = %d\n }", protocol, ports[2*i])
		line(" inet_listener %ss {\n  port = %d\n  ssl = yes\n }", protocol, ports[2*i+1])
		line(" service_count = 0")
		line(" process_min_avail = 1")
		line("}")
		// A process that serves one connection after the other costs a third of one
		// that is made for each.
		line("service %s {\n process_limit = 1200\n service_count = 100\n}", protocol)
	}
	if os.Geteuid() != 0 {
		for _, service := range []string{"imap-login", "pop3-login", "anvil", "stats"} {
			line("service %s {\n chroot =\n}", service)
		}
	}
	b.WriteString(o.Extra)
	b.WriteString("\n")
	return b.String()
}

func (o Dovecot) namespace(line func(string, ...any)) {
	separator := o.Separator
	if separator == "" {
		separator = "/"
	}
	line("namespace inbox {\n inbox = yes\n prefix = %s\n separator = %s", o.Prefix, separator)
	if !o.NoSpecialUse {
		for _, name := range []string{"Trash", "Archive", "Junk", "Sent", "Drafts"} {
			line(" mailbox %s {\n  auto = subscribe\n  special_use = \\%s\n }", name, name)
		}
	}
	line("}")
}

func (o Dovecot) name() string {
	if o.Capability == Plain {
		return "dovecot-plain"
	}
	return "dovecot"
}
