package state_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"popbridge/tests/servers"
)

// trouble is a ledger that can be taken away while popbridge serves, and given
// back.
type trouble struct {
	driver
	begin, end func()
}

// TestLedgerGone: without its ledger popbridge refuses logins and QUITs, serves
// on who is in, and says so once; nothing is deleted, and all is as before when
// the ledger is back.
func TestLedgerGone(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL stopped", func(t *testing.T) {
		pg := servers.StartPostgres(t)
		ledgerGone(t, trouble{onPostgres(pg), pg.Stop, func() { pg.Start(t) }})
	})
	t.Run("PostgreSQL fails over to its standby", func(t *testing.T) {
		primary := servers.StartPostgres(t)
		standby := primary.Standby(t)
		ledgerGone(t, trouble{onPostgres(standby), primary.Kill, func() { standby.Promote(t) }})
	})
	t.Run("SQLite on a full disk", func(t *testing.T) { ledgerGone(t, fullDisk(t)) })
}

func ledgerGone(t *testing.T, what trouble) {
	const user = "joy@example.org"
	mail := dovecot(t, []string{user}, "")
	messages := servers.Messages(5)
	w := witness(t, mail, user)
	w.Fill("INBOX", messages[:4])
	b := what.serve(t, mail.IMAP, "maildrop:\n  default:\n    on_delete: expunge\n")
	c := login(t, b, user, "")
	before := c.UniqueIDs()
	c.Quit()
	b.AwaitTimes("session ended", 1)

	c = login(t, b, user, "")
	c.OK("DELE 2")
	what.begin()
	if got := c.Message("RETR 1"); string(got) != string(messages[0]) {
		t.Errorf("RETR without the ledger: %q", got)
	}
	if text := c.Err("QUIT"); !strings.HasPrefix(text, "[SYS/TEMP] ") {
		t.Errorf("QUIT without the ledger: %q", text)
	}
	c.Rest()
	holds(t, w, "INBOX", messages[:4])
	// A login that has something new to write down, so that a full disk is felt.
	w.Append(messages[4])
	const logins = 20
	for range logins {
		if text := refused(t, b, user, ""); !strings.HasPrefix(text, "[SYS/TEMP] ") {
			t.Fatalf("a login without the ledger: %q", text)
		}
	}
	// Once a minute, and not once a login.
	if said := strings.Count(b.Output(), "the ledger does not answer"); said == 0 || said > logins/2 {
		t.Errorf("the log says %d times that the ledger does not answer", said)
	}
	what.end()

	c = patientLogin(t, b, user, "")
	b.Await("the ledger answers again")
	after := c.UniqueIDs()
	expectView(t, "when the ledger is back", after[:4], before...)
	expect(t, "messages when the ledger is back", len(after), 5)
	c.OK("DELE 2")
	c.Quit()
	holds(t, w, "INBOX", append(messages[:1:1], messages[2:]...))
}

// fullDisk is a SQLite file on a disk of its own, which can be filled to the
// last octet.
func fullDisk(t *testing.T) trouble {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	return trouble{
		driver: sqliteAt(filepath.Join(dir, "state.db")),
		begin: func() {
			f, err := os.Create(ballast)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := io.Copy(f, zeros{}); err == nil {
				t.Fatal("the disk does not get full")
			}
		},
		end: func() {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		},
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
