package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Server is one running server. Its addresses and its store stay the same over
// Restart.
type Server struct {
	// Name is the kind: dovecot, dovecot-plain, cyrus or courier.
	Name string
	// IMAP and POP3 are host:port of the ports that begin in plain text and offer
	// STARTTLS or STLS; IMAPS and POP3S those of implicit TLS.
	IMAP, IMAPS, POP3, POP3S string
	// CAFile is the authority of the TLS ports in PEM. The certificate names
	// localhost, 127.0.0.1 and ::1.
	CAFile string
	// Dir holds all that the server writes. Log is the file of what it says.
	Dir, Log string
	// MailFolder is where a user's INBOX lives on disk: a Maildir for Dovecot and
	// Courier, a folder of numbered files for Cyrus. It is there once the user has
	// logged in for the first time.
	MailFolder func(user string) string

	programs []program
	groups   []*group
}

// run starts the server, waits until every port greets, and has it stopped when
// the test ends. The test fails when the server does not come up.
func (s *Server) run(t testing.TB) {
	t.Helper()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("the end of %s's log:\n%s", s.Name, tail(s.Log, 40))
		}
	})
	s.start(t)
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	for _, p := range s.programs {
		g, err := p.start(s.Log)
		if err != nil {
			t.Fatalf("start %s: %v", s.Name, err)
		}
		s.groups = append(s.groups, g)
		if err := g.wait(p.ready); err != nil {
			t.Fatalf("start %s: %s: %v", s.Name, filepath.Base(p.argv[0]), err)
		}
	}
	if err := s.greets(); err != nil {
		t.Fatalf("start %s: %v", s.Name, err)
	}
}

// Stop ends the server and returns when no process of it is left. A second Stop
// does nothing.
func (s *Server) Stop() {
	for i := len(s.groups) - 1; i >= 0; i-- {
		s.groups[i].stop()
	}
	s.groups = nil
}

// Restart stops the server if it runs, and starts it again with the same ports,
// the same configuration and the same store.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	s.start(t)
}

// Pids are the processes of the server: none after Stop.
func (s *Server) Pids() []int {
	var pids []int
	for _, g := range s.groups {
		pids = append(pids, members(g.id)...)
	}
	return pids
}

// folder makes the server's own folder. It is not t.TempDir, which other users
// may not enter: servers give up root for a user of their own.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the server's folder: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// needs fails the test when one of the files is not there.
func needs(t testing.TB, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%v: run tests/install", err)
		}
	}
}

// write puts a file of the server's configuration in place.
func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// tail is the end of a file, at most so many lines, or why it cannot be read.
func tail(path string, lines int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
