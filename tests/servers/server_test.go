package servers

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const alice = "alice@example.org"

// messages are those that a careless server would alter.
func messages() map[string]string {
	header := "From: a@example.org\r\nSubject: one\r\nMessage-ID: <1@example.org>\r\n\r\n"
	return map[string]string{
		"plain":          header + "Hello.\r\n",
		"dots":           header + ".\r\n..\r\n.hidden\r\n.\r\n",
		"empty body":     header,
		"8-bit":          header + "Gr\xfc\xdfe \xe2\x82\xac\r\n",
		"blank lines":    header + "\r\n\r\n  trailing \t\r\n\r\n",
		"From line":      header + "From the beginning\r\n>From here\r\n",
		"long line":      header + strings.Repeat("x", 20000) + "\r\n",
		"large":          header + strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef\r\n", 40000),
		"folded headers": "Received: by x;\r\n\ta\r\n b\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\nbody\r\n",
	}
}

func TestOctets(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		w := Dial(t, s.IMAP, alice, Users()[alice])
		for name, message := range messages() {
			w.Clear("INBOX")
			uid := w.Append([]byte(message))
			if got := w.Raw("INBOX", uid); string(got) != message {
				t.Errorf("%s: IMAP gives %d other octets for %d", name, len(got), len(message))
			}
			if got := w.Size("INBOX", uid); got != int64(len(message)) {
				t.Errorf("%s: RFC822.SIZE is %d for %d octets", name, got, len(message))
			}
			got, err := tryPOP3(s, nil, alice, Users()[alice])
			if err != nil {
				t.Fatalf("%s: POP3: %v", name, err)
			}
			if len(got) != 1 || got[0] != message {
				t.Errorf("%s: POP3 gives %d messages that are not the one", name, len(got))
			}
		}
	})
}

func TestMailFolder(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		w := Dial(t, s.IMAP, alice, Users()[alice])
		w.Append([]byte("Subject: needle\r\n\r\nhay\r\n"))
		found := false
		err := filepath.WalkDir(s.MailFolder(alice), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			found = found || bytes.HasPrefix(data, []byte("Subject: needle"))
			return err
		})
		if err != nil || !found {
			t.Errorf("no message in %s: %v", s.MailFolder(alice), err)
		}
	})
}

func TestRestart(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		w := Dial(t, s.IMAP, alice, Users()[alice])
		uid, validity := w.Append(Messages(1)[0]), w.UIDValidity("INBOX")
		before := *s
		s.Restart(t)
		if s.IMAP != before.IMAP || s.IMAPS != before.IMAPS || s.POP3 != before.POP3 || s.POP3S != before.POP3S {
			t.Error("the ports have changed")
		}
		w = Dial(t, s.IMAP, alice, Users()[alice])
		if got := w.UIDValidity("INBOX"); got != validity {
			t.Errorf("UIDVALIDITY was %d and is %d", validity, got)
		}
		if got := w.Raw("INBOX", uid); !bytes.Equal(got, Messages(1)[0]) {
			t.Error("the message has changed")
		}
	})
}

func TestStopLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		Dial(t, s.IMAP, alice, Users()[alice]) // a session that is open when the server stops
		pids := s.Pids()
		if len(pids) < 2 {
			t.Fatalf("only %d processes", len(pids))
		}
		if found := mentioning(t, s.Dir); len(found) == 0 {
			t.Fatal("the search for processes finds none of a running server")
		}
		s.Stop()
		for _, pid := range pids {
			if alive(pid) {
				t.Errorf("process %d is left", pid)
			}
		}
		// Also those that left the process group.
		if found := mentioning(t, s.Dir); len(found) > 0 {
			t.Errorf("processes are left: %q", found)
		}
		for _, addr := range []string{s.IMAP, s.IMAPS, s.POP3, s.POP3S} {
			if conn, err := net.Dial("tcp", addr); err == nil {
				conn.Close()
				t.Errorf("%s still answers", addr)
			}
		}
		s.Stop()
	})
}

// mentioning are the command lines of processes that have the server's folder in
// their command line or environment, or have a file of it open.
func mentioning(t *testing.T, dir string) []string {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, process := range processes {
		// What cannot be read has ended or is not ours.
		line, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		environment, _ := os.ReadFile(filepath.Join(process, "environ"))
		hit := bytes.Contains(line, []byte(dir)) || bytes.Contains(environment, []byte(dir))
		files, _ := filepath.Glob(filepath.Join(process, "fd", "*"))
		for _, file := range files {
			target, _ := os.Readlink(file)
			hit = hit || strings.HasPrefix(target, dir)
		}
		if hit {
			found = append(found, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return found
}

func alive(pid int) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !bytes.HasPrefix(data[bytes.LastIndexByte(data, ')')+1:], []byte(" Z"))
}

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	cleanups []func()
	failure  string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
func (r *recorder) Fatal(args ...any) { r.failure = fmt.Sprint(args...); runtime.Goexit() }

func TestMissingServerFailsTheTest(t *testing.T) {
	t.Setenv("POPBRIDGE_TEST_CACHE", t.TempDir())
	for name, start := range map[string]func(testing.TB){
		"cyrus":   func(t testing.TB) { StartCyrus(t, Cyrus{}) },
		"courier": func(t testing.TB) { StartCourier(t, Courier{}) },
		"dovecot": func(t testing.TB) { needs(t, "/usr/sbin/dovecot.missing") },
	} {
		r := &recorder{TB: t}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			start(r)
		}()
		<-ended
		if !strings.HasSuffix(r.failure, "run tests/install") {
			t.Errorf("%s: the test ends with %q", name, r.failure)
		}
	}
}
