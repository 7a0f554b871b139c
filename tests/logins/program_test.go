package logins_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
)

// TestPrograms: programs log in with a device password in each way they know that
// does not send it.
func TestPrograms(t *testing.T) {
	t.Parallel()
	s := devices(t, masterDovecot(t, 2).IMAP, plan{onDelete: "hide"})
	scanner := s.give("scanner", "--apop")
	for _, c := range []struct {
		name string
		poll func(t *testing.T, u *clients.User, inbox string)
		how  string // as popbridge sees it
	}{
		{"mpop by APOP", mpopBy("apop"), "APOP <redacted>"},
		{"mpop by CRAM-MD5", mpopBy("cram-md5"), "AUTH CRAM-MD5"},
		{"mpop by SCRAM-SHA-256", mpopBy("scram-sha-256"), "AUTH SCRAM-SHA-256"},
		{"mpop by what it likes best", mpopBy("on"), "AUTH SCRAM-SHA-256"},
		{"fetchmail by APOP", fetchmailBy("proto apop"), "APOP <redacted>"},
		{"fetchmail by CRAM-MD5", fetchmailBy("proto pop3 auth cram-md5"), "AUTH CRAM-MD5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := len(s.Output())
			u := clients.NewUser(t, s.Address("pop3"), alice, scanner)
			inbox := filepath.Join(u.Dir, "inbox")
			for _, sub := range []string{"", "cur", "new", "tmp"} {
				if err := os.Mkdir(filepath.Join(inbox, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			c.poll(t, u, inbox)
			if got := len(clients.Files(t, filepath.Join(inbox, "new"))); got != 2 {
				t.Errorf("%d messages were fetched, want 2", got)
			}
			bridge.Has(t, s.Output()[said:], c.how)
		})
	}
}

func mpopBy(auth string) func(*testing.T, *clients.User, string) {
	return func(t *testing.T, u *clients.User, inbox string) {
		config := u.File(t, "mpoprc", fmt.Sprintf("account default\ntls off\nauth %s\nhost %s\nport %s\nuser %s\npassword %s\nkeep on\ndelivery maildir %s\nuidls_file %s\n",
			auth, u.Host, u.Port, u.Login, u.Password, inbox, filepath.Join(u.Dir, "uidls")))
		u.Run(t, "mpop", "--file="+config, "--quiet")
	}
}

func fetchmailBy(how string) func(*testing.T, *clients.User, string) {
	return func(t *testing.T, u *clients.User, inbox string) {
		store := u.Store(t, filepath.Join(inbox, "new"))
		config := u.File(t, "fetchmailrc", fmt.Sprintf("set no syslog\npoll %s port %s %s no dns\n  user \"%s\" password \"%s\" is tester here\n  keep fetchall sslproto ''\n  mda \"/bin/sh %s\"\n",
			u.Host, u.Port, how, u.Login, u.Password, store))
		u.Run(t, "fetchmail", "-f", config, "--idfile", filepath.Join(u.Dir, "ids"), "--pidfile", filepath.Join(u.Dir, "pid"), "--nodetach")
	}
}
