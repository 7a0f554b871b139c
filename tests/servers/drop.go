package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// dropped counts messages, so that no two files have one name.
var dropped atomic.Int64

// Drop delivers a message into a Maildir as a delivery agent does: it is written
// beside the mailbox and renamed into it, whether or not the server runs. It is safe
// for use by several goroutines.
func (s *Server) Drop(login string, raw []byte) error {
	dir := s.MailFolder(login)
	name := fmt.Sprintf("%d.M%dP%d.example.org", time.Now().Unix(), dropped.Add(1), os.Getpid())
	path := filepath.Join(dir, "tmp", name)
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), 0o600); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		uid, gid, err := MailUser()
		if err != nil {
			return err
		}
		if err := os.Chown(path, uid, gid); err != nil {
			return err
		}
	}
	return os.Rename(path, filepath.Join(dir, "new", name))
}

// Renumber has a Dovecot's user's INBOX come back with another UIDVALIDITY and with
// other UIDs when the server, which must not run, is started. No message is touched.
func (s *Server) Renumber(t testing.TB, login string) {
	t.Helper()
	for _, pattern := range []string{"dovecot-uid*", "dovecot.index*", "dovecot.list.index*"} {
		files, err := filepath.Glob(filepath.Join(s.MailFolder(login), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}
