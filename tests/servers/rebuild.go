package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Rebuild gives a Dovecot's user another INBOX, as a restore from a backup or a
// move to other hardware does: the mailbox has this UIDVALIDITY, and the messages
// have the UIDs from 1 on, in order. The server is stopped meanwhile. Other
// mailboxes of the user stay as they are.
func (s *Server) Rebuild(t testing.TB, user string, validity uint32, messages [][]byte) {
	t.Helper()
	running := len(s.groups) > 0
	s.Stop()
	dir := s.MailFolder(user)
	left, err := filepath.Glob(filepath.Join(dir, "dovecot*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		left = append(left, filepath.Join(dir, sub))
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	uidlist := fmt.Sprintf("3 V%d N%d\n", validity, len(messages)+1)
	for i, raw := range messages {
		name := fmt.Sprintf("17000%05d.M1P1.rebuilt", i)
		uidlist += fmt.Sprintf("%d :%s\n", i+1, name)
		write(t, filepath.Join(dir, "cur", name+":2,"), string(raw), 0o600)
	}
	write(t, filepath.Join(dir, "dovecot-uidlist"), uidlist, 0o600)
	mail, _, _ := dovecotUsers(t)
	own(t, filepath.Dir(dir), mail)
	if running {
		s.start(t)
	}
}
