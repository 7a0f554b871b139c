package clients

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"testing"
)

// Program is a client that remembers by unique-id what it has fetched.
type Program struct {
	Name string
	// TOP says that it retrieves with TOP what it keeps, which leaves \Seen alone.
	TOP bool
	// Poll fetches what is new to the user's client, and deletes it from the
	// maildrop where asked to. It gives the messages as they were on the wire.
	Poll func(t testing.TB, u *User, delete bool) [][]byte
}

// Remembering are fetchmail (with uidl), mpop (which pipelines RETR and DELE) and
// getmail6.
func Remembering() []Program {
	return []Program{{Name: "fetchmail", TOP: true, Poll: fetchmail}, {Name: "mpop", Poll: mpop}, {Name: "getmail", Poll: getmail}}
}

// fetchmail hands each message to a program that stores its standard input.
func fetchmail(t testing.TB, u *User, delete bool) [][]byte {
	t.Helper()
	folder := u.folder(t)
	keep := "keep"
	if delete {
		keep = "no keep"
	}
	store := u.Store(t, folder)
	config := u.File(t, "fetchmailrc", fmt.Sprintf(`set no syslog
set invisible
poll %s port %s proto pop3 uidl no dns
  user %s password %s is tester here
  %s no rewrite no mimedecode no dropdelivered sslproto ''
  mda "/bin/sh %s"
`, u.Host, u.Port, quoted(u.Login), quoted(u.Password), keep, store))
	out, code := u.Try(t, "fetchmail", "-f", config, "--idfile", filepath.Join(u.Dir, "ids"), "--pidfile", filepath.Join(u.Dir, "pid"), "--nodetach")
	if code != 0 && code != 1 { // 1: nothing new
		t.Fatalf("fetchmail ended with %d: %.2000s", code, out)
	}
	messages := stored(t, folder)
	if (code == 1) != (len(messages) == 0) {
		t.Errorf("fetchmail ended with %d and %d new messages: %.500s", code, len(messages), out)
	}
	return messages
}

// stored are the messages in a folder as they were on the wire: without a Status
// field in the header, which fetchmail may add.
func stored(t testing.TB, folder string) [][]byte {
	t.Helper()
	messages := Files(t, folder)
	for i, m := range messages {
		messages[i] = CRLF(status.ReplaceAll(m, []byte("$1")))
	}
	return messages
}

var status = regexp.MustCompile(`(?m)\A((?:.+\n)*?)Status: .*\n`)

func mpop(t testing.TB, u *User, delete bool) [][]byte {
	t.Helper()
	inbox := u.maildir(t)
	keep := "on"
	if delete {
		keep = "off"
	}
	config := u.File(t, "mpoprc", fmt.Sprintf(`defaults
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
`, u.Dir, u.Host, u.Port, quoted(u.Login), quoted(u.Password), keep, inbox))
	u.Run(t, "mpop", "--file="+config, "--quiet")
	return stored(t, filepath.Join(inbox, "new"))
}

func getmail(t testing.TB, u *User, delete bool) [][]byte {
	t.Helper()
	destination := startLMTP(t)
	defer destination.Close()
	host, port, err := net.SplitHostPort(destination.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u.File(t, "getmailrc", fmt.Sprintf(`[retriever]
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
delete = %t
delivered_to = false
received = false
verbose = 0
`, u.Host, u.Port, u.Login, u.Password, host, port, delete))
	u.Run(t, "getmail", "--getmaildir", u.Dir, "--rcfile", "getmailrc")
	return destination.taken()
}
