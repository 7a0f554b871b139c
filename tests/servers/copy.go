package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Copy copies a user's INBOX to a Dovecot, as those do who migrate: with mbsync
// over IMAP from Courier and Cyrus, with doveadm out of the Maildirs of Dovecot,
// and with APPEND, as scripts do, out of the mbox files of popa3d. Run again it
// copies what has come meanwhile; what the old server has lost stays.
func (o *Old) Copy(t testing.TB, to *Server, login, password string) {
	t.Helper()
	switch o.Name {
	case "dovecot":
		to.Sync(t, login, "maildir:"+o.MailFolder(login))
	case "popa3d":
		appendMissing(t, o.MailFolder(login), to, login, password)
	default:
		Mbsync(t, o.Server, to, login, password)
	}
}

// appendMissing appends the messages of an mbox file that an INBOX does not hold.
func appendMissing(t testing.TB, mbox string, to *Server, login, password string) {
	t.Helper()
	have := make(map[string]int)
	w := Dial(t, to.IMAP, login, password)
	for _, uid := range w.UIDs("INBOX") {
		have[string(w.Raw("INBOX", uid))]++
	}
	var missing [][]byte
	for _, raw := range readMbox(t, mbox) {
		if have[string(raw)]--; have[string(raw)] < 0 {
			missing = append(missing, raw)
		}
	}
	w.Fill("INBOX", missing)
	w.Logout()
}

// Mbsync copies an INBOX from one IMAP server to another with mbsync(1), which
// adds a header field X-TUID to each message. What it remembers lies in the folder
// of the server that it copies to.
func Mbsync(t testing.TB, from, to *Server, login, password string) {
	t.Helper()
	var b strings.Builder
	for name, s := range map[string]*Server{"old": from, "new": to} {
		host, port, _ := strings.Cut(s.IMAP, ":")
		fmt.Fprintf(&b, "IMAPAccount %s\nHost %s\nPort %s\nUser %s\nPass %s\nSSLType None\nAuthMechs LOGIN\n\n", name, host, port, quoted(login), quoted(password))
		fmt.Fprintf(&b, "IMAPStore %s\nAccount %s\n\n", name, name)
	}
	state := filepath.Join(to.Dir, "mbsync-"+login)
	fmt.Fprintf(&b, "Channel all\nFar :old:\nNear :new:\nPatterns INBOX\nSync Pull New\nCopyArrivalDate yes\nSyncState %s/\n", state)
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(state, "mbsyncrc")
	write(t, config, b.String(), 0o600)
	tool(t, "mbsync", "-c", config, "-q", "all")
}

// Sync copies an INBOX into a Dovecot out of a store that doveadm(1) reads.
func (s *Server) Sync(t testing.TB, login, source string) {
	t.Helper()
	tool(t, "doveadm", "-c", filepath.Join(s.Dir, "dovecot.conf"), "sync", "-1", "-R", "-u", login, "-m", "INBOX", source)
}

// tool runs a program that has to end well.
func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: run tests/install", err)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// quoted is text in the quotation marks of mbsync's file.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
