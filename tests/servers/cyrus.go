package servers

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Cyrus says how a Cyrus differs from the one that the zero value gives: names
// without "INBOX." and with '/', logins with a domain (virtdomains), and the
// mailboxes Trash, Archive, Junk, Sent and Drafts with their special uses, made
// and subscribed at the first login. Removed messages leave the disk at once.
type Cyrus struct {
	// Users are logins and their passwords; nil means Users(). A login without a
	// domain is in the domain "localhost" of the password file.
	Users map[string]string
	// NoSpecialUse leaves out the five mailboxes.
	NoSpecialUse bool
	// Settings are lines of imapd.conf, instead of those that are set here:
	// "unixhierarchysep": "no", "uidl_format": "courier".
	Settings map[string]string
}

// StartCyrus starts the unpacked Cyrus with IMAP and POP3. It keeps its own log in
// the machine's syslog; Server.Log has only what its first process prints.
func StartCyrus(t testing.TB, o Cyrus) *Server {
	t.Helper()
	if o.Users == nil {
		o.Users = Users()
	}
	prefix := unpacked(t, "cyrus")
	needs(t, filepath.Join(prefix, "usr/lib/cyrus/bin/master"), filepath.Join(prefix, "usr/lib/cyrus/bin/pop3d"))
	dir := folder(t)
	ports := FreePorts(t, 4)
	s := &Server{
		Name: "cyrus",
		IMAP: local(ports[0]), IMAPS: local(ports[1]), POP3: local(ports[2]), POP3S: local(ports[3]),
		Dir: dir, Log: filepath.Join(dir, "log"),
		MailFolder: func(user string) string { return cyrusFolder(dir, user) },
	}
	certificate := NewCertificate(t, dir)
	s.CAFile = certificate.CA

	for _, sub := range []string{"bin", "spool", "conf", "conf/socket", "conf/proc", "conf/log"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"master", "imapd", "pop3d", "ctl_cyrusdb"} {
		from := filepath.Join(prefix, "usr/lib/cyrus/bin", name)
		copyFile(t, from, filepath.Join(dir, "bin", name))
	}
	lib := libraries(t, filepath.Join(prefix, "usr"))
	if err := os.CopyFS(filepath.Join(dir, "lib"), os.DirFS(lib)); err != nil {
		t.Fatal(err)
	}
	imapd, cyrus := filepath.Join(dir, "imapd.conf"), filepath.Join(dir, "cyrus.conf")
	write(t, imapd, o.imapdConf(dir, certificate), 0o644)
	write(t, cyrus, cyrusConf(dir, imapd, ports), 0o644)
	o.passwords(t, prefix, filepath.Join(dir, "sasldb2"))

	mail := account(t, "mail")
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		mail = me
	}
	own(t, dir, mail)
	// Without -l a burst of more than 32 connections is lost to SYN retries.
	s.programs = []program{{
		argv: []string{filepath.Join(dir, "bin/master"), "-D", "-l", "1000", "-C", imapd, "-M", cyrus, "-p", filepath.Join(dir, "pid")},
		env: []string{
			"PATH=/usr/bin:/bin", "CYRUS_USER=" + mail.Username, "LD_LIBRARY_PATH=" + filepath.Join(dir, "lib"),
		},
		user: credential(t, mail),
	}}
	s.run(t)
	// The first login makes the mailboxes. Two first logins at once would get in each
	// other's way, and one be refused with "Mailbox already exists".
	for login, password := range o.Users {
		Dial(t, s.IMAP, login, password).Logout()
	}
	return s
}

// cyrusFolder follows mboxname_hash of Cyrus with mailbox_legacy_dirs and without
// hashimapspool: '.' within a name is kept as '^', and unixhierarchysep makes '/' of what separates.
func cyrusFolder(dir, login string) string {
	name, domain, _ := strings.Cut(strings.ToLower(login), "@")
	folder := filepath.Join("user", strings.ReplaceAll(name, ".", "^"))
	if domain != "" {
		folder = filepath.Join("domain", domain, folder)
	}
	return filepath.Join(dir, "spool", folder)
}

func (o Cyrus) imapdConf(dir string, c Certificate) string {
	settings := map[string]string{
		"configdirectory":     filepath.Join(dir, "conf"),
		"partition-default":   filepath.Join(dir, "spool"),
		"mailbox_legacy_dirs": "yes",
		"unixhierarchysep":    "yes",
		"altnamespace":        "yes",
		"virtdomains":         "userid",
		"defaultdomain":       "localhost",
		"tls_server_cert":     c.Cert,
		"tls_server_key":      c.Key,

		"allowplaintext":      "yes",
		"sasl_mech_list":      "PLAIN LOGIN",
		"sasl_pwcheck_method": "auxprop",
		"sasl_auxprop_plugin": "sasldb",
		"sasl_sasldb_path":    filepath.Join(dir, "sasldb2"),
		"failedloginpause":    "0",
		"maxlogins_per_host":  "0",
		"maxlogins_per_user":  "0",
		"popminpoll":          "0",

		"autocreate_quota": "0", // makes INBOX at the first login, without a quota
		"expunge_mode":     "immediate",
		"delete_mode":      "immediate",
		"skiplist_unsafe":  "yes", // the store need not survive a power cut
	}
	if !o.NoSpecialUse {
		names := []string{"Trash", "Archive", "Junk", "Sent", "Drafts"}
		settings["autocreate_inbox_folders"] = strings.Join(names, "|")
		settings["autocreate_subscribe_folders"] = strings.Join(names, "|")
		for _, name := range names {
			settings["xlist-"+name] = name
		}
	}
	maps.Copy(settings, o.Settings)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s: %s\n", key, settings[key])
	}
	return b.String()
}

func cyrusConf(dir, imapd string, ports []int) string {
	bin := func(name string) string { return fmt.Sprintf("%s/bin/%s -C %s", dir, name, imapd) }
	var b strings.Builder
	fmt.Fprintf(&b, "START {\n recover cmd=%q\n}\nSERVICES {\n", bin("ctl_cyrusdb")+" -r")
	for i, service := range []struct{ name, cmd string }{
		{"imap", bin("imapd")}, {"imaps", bin("imapd") + " -s"}, {"pop3", bin("pop3d")}, {"pop3s", bin("pop3d") + " -s"},
	} {
		fmt.Fprintf(&b, " %s cmd=%q listen=%q prefork=1 maxchild=-1\n", service.name, service.cmd, local(ports[i]))
	}
	// The checkpoint of the databases runs once, at the start: no test is so long.
	b.WriteString("}\nEVENTS {\n}\nDAEMON {\n}\n")
	return b.String()
}

// passwords fills the file that SASL's own plug-in asks, with saslpasswd2(8).
func (o Cyrus) passwords(t testing.TB, prefix, file string) {
	t.Helper()
	for login, password := range o.Users {
		name, domain, ok := strings.Cut(login, "@")
		if !ok {
			domain = "localhost"
		}
		cmd := exec.Command(filepath.Join(prefix, "usr/sbin/saslpasswd2"), "-p", "-c", "-f", file, "-u", domain, name)
		cmd.Stdin = bytes.NewReader([]byte(password))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("saslpasswd2: %v: %s: run tests/install", err, out)
		}
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
}
