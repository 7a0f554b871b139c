package clients_test

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCurl fetches every message with one process, as a backup script does, and
// deletes one with DELE.
func TestCurl(t *testing.T) {
	s := open(t)
	var config strings.Builder
	for i := range count {
		fmt.Fprintf(&config, "url = \"pop3://%s:%s/%d\"\noutput = \"%s\"\n", s.host, s.port, i+1, filepath.Join(s.dir, "got", fmt.Sprint(i+1)))
	}
	path := s.file(t, "curl", "user = \"%s:%s\"\ncreate-dirs\nsilent\nshow-error\n%s", login, password, config.String())
	s.run(t, "", "curl", "--config", path)
	s.fetched(t, files(t, filepath.Join(s.dir, "got")))
	s.kept(t, true)

	list := s.run(t, "", "curl", "-sS", "--user", login+":"+password, fmt.Sprintf("pop3://%s:%s/", s.host, s.port))
	if got := bytes.Count(list, []byte("\r\n")); got != count {
		t.Errorf("curl lists %d messages, want %d", got, count)
	}
	s.run(t, "", "curl", "-sS", "--user", login+":"+password, "--request", "DELE", "--list-only", fmt.Sprintf("pop3://%s:%s/7", s.host, s.port))
	uids := s.w.UIDs("Trash")
	if len(uids) != 1 || len(s.w.UIDs("INBOX")) != count-1 {
		t.Fatalf("after DELE Trash holds %v", uids)
	}
	same(t, [][]byte{s.w.Raw("Trash", uids[0])}, s.messages[6:7])
}

// TestFetchmail hands each message to a program that stores its standard input.
func TestFetchmail(t *testing.T) {
	for _, keep := range []string{"keep", "no keep"} {
		t.Run(keep, func(t *testing.T) {
			s := open(t)
			folder := t.TempDir()
			store := s.file(t, "store.sh", "exec cat > %s/$(mktemp -u m.XXXXXXXXXX)\n", folder)
			config := s.file(t, "fetchmailrc", `set no syslog
set invisible
poll %s port %s proto pop3 uidl no dns
  user %q password %q is tester here
  %s fetchall no rewrite no mimedecode no dropdelivered sslproto ''
  mda "/bin/sh %s"
`, s.host, s.port, login, password, keep, store)
			s.run(t, "", "fetchmail", "-f", config, "--idfile", filepath.Join(s.dir, "ids"), "--pidfile", filepath.Join(s.dir, "pid"), "--nodetach")
			s.fetched(t, all(all(files(t, folder), withoutStatus), crlf))
			if keep == "no keep" {
				s.deleted(t)
				return
			}
			s.kept(t, true)
			// The unique-ids are known, so a second poll without fetchall has nothing to do.
			again := s.file(t, "fetchmailrc", "set no syslog\nset invisible\npoll %s port %s proto pop3 uidl no dns\n user %q password %q is tester here keep sslproto ''\n mda \"/bin/false\"\n",
				s.host, s.port, login, password)
			if out, code := s.try(t, "", "fetchmail", "-f", again, "--idfile", filepath.Join(s.dir, "ids"), "--pidfile", filepath.Join(s.dir, "pid"), "--nodetach"); code != 1 {
				t.Errorf("the second poll ended with %d, want 1 (nothing new): %.500s", code, out)
			}
		})
	}
}

var status = regexp.MustCompile(`(?m)\A((?:.+\n)*?)Status: .*\n`)

// withoutStatus takes away a Status field in the header, which fetchmail may add.
func withoutStatus(message []byte) []byte { return status.ReplaceAll(message, []byte("$1")) }

// TestMpop pipelines RETR and DELE.
func TestMpop(t *testing.T) {
	for _, keep := range []string{"on", "off"} {
		t.Run("keep "+keep, func(t *testing.T) {
			s := open(t)
			inbox := s.maildir(t)
			config := s.file(t, "mpoprc", `defaults
tls off
auth user
pipelining on
received_header off
uidls_file %s/uidls
account default
host %s
port %s
user %s
password %s
keep %s
delivery maildir %s
`, s.dir, s.host, s.port, login, password, keep, inbox)
			s.run(t, "", "mpop", "--file="+config, "--quiet")
			s.fetched(t, all(files(t, filepath.Join(inbox, "new")), crlf))
			if keep == "off" {
				s.deleted(t)
				return
			}
			s.kept(t, true)
			s.run(t, "", "mpop", "--file="+config, "--quiet")
			s.fetched(t, all(files(t, filepath.Join(inbox, "new")), crlf))
		})
	}
}

// TestGetmail retrieves once, then nothing new, and at last deletes.
func TestGetmail(t *testing.T) {
	s := open(t)
	destination := startLMTP(t)
	host, port, err := net.SplitHostPort(destination.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.file(t, "getmailrc", `[retriever]
type = SimplePOP3Retriever
server = %s
port = %s
username = %s
password = %s
[destination]
type = MDA_lmtp
host = %s
port = %s
override = tester@example.org
[options]
read_all = false
delete = false
delivered_to = false
received = false
verbose = 0
`, s.host, s.port, login, password, host, port)
	for range 2 {
		s.run(t, "", "getmail", "--getmaildir", s.dir, "--rcfile", "getmailrc")
		s.fetched(t, destination.taken())
		s.kept(t, true)
	}
	s.run(t, "", "getmail", "--getmaildir", s.dir, "--rcfile", "getmailrc", "--delete")
	s.fetched(t, destination.taken())
	s.deleted(t)
}
