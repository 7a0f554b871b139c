package ledger_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// copyOf reads a ledger's file as a backup program does that knows nothing of SQLite.
func copyOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// overwrite puts octets into a file that stays the same file.
func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		t.Fatal(err)
	}
	done(t, f.Close())
}

// TestTheFileIsLost: what is written to a file that nobody will open again is
// refused before the device hears +OK, and so is every login.
func TestTheFileIsLost(t *testing.T) {
	for _, c := range []struct {
		name, says string
		lose       func(t *testing.T, path string)
		back       func(t *testing.T, path string) // nil: it does not come back
	}{
		{"removed", "was removed (state.db)", func(t *testing.T, path string) { done(t, os.Remove(path)) }, nil},
		{"moved away and back", "was removed (state.db)",
			func(t *testing.T, path string) { done(t, os.Rename(path, path+".away")) },
			func(t *testing.T, path string) { done(t, os.Rename(path+".away", path)) }},
		{"replaced", "was replaced (state.db)", func(t *testing.T, path string) {
			done(t, os.WriteFile(path+".backup", copyOf(t, path), 0o600))
			done(t, os.Rename(path+".backup", path))
		}, nil},
		{"without its log", "was removed (state.db-wal)", func(t *testing.T, path string) { done(t, os.Remove(path+"-wal")) }, nil},
		{"without its index", "was removed (state.db-shm)", func(t *testing.T, path string) { done(t, os.Remove(path+"-shm")) }, nil},
		{"cut to nothing", "was cut to 0 octets", func(t *testing.T, path string) { done(t, os.Truncate(path, 0)) }, nil},
		{"cut short", "was cut to 8192 octets", func(t *testing.T, path string) { done(t, os.Truncate(path, 8192)) }, nil},
		{"written over", "was written over with an older one", func(t *testing.T, path string) {
			data := copyOf(t, path)
			copy(data[60:], "\x00\x00\x00\x00") // from before the first stamp
			overwrite(t, path, data)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := sqliteAt(t)
			closes(t, at.open(t)) // writes all of it to the file
			s := at.open(t)
			p := opens(t, s, key("a"))
			records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(5)...)}})
			done(t, s.Ping(context.Background()))
			c.lose(t, at.Source)
			refuses := func(what string, err error) {
				t.Helper()
				if !refusedWith(err, translate.CodeSysTemp) || !strings.Contains(translate.Cause(err).Error(), c.says) {
					t.Errorf("%s: %v, want %q", what, err, c.says)
				}
			}
			refuses("QUIT", p.Intend(t.Context(), translate.Intent{UIDValidity: 7}))
			refuses("hiding", p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)}))
			_, err := s.OpenPage(context.Background(), key("b"))
			refuses("a login", err)
			if err := s.Ping(context.Background()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is ready: %v", err)
			}
			if c.back == nil {
				return
			}
			c.back(t, at.Source)
			done(t, s.Ping(context.Background()))
			records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
		})
	}
}

// The log says once that the file is lost, however often SQLite can read what it has
// open, and once that it is back.
func TestALostFileIsToldOnce(t *testing.T) {
	at := sqliteAt(t)
	at.Serve = true
	var mu sync.Mutex
	var told []string
	at.Log = func(level, message string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, level+" "+message)
	}
	s, err := ledger.Open(context.Background(), at.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, s)
	says := func(want ...string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(told, want) {
			t.Errorf("the log says %q, want %q", told, want)
		}
	}
	done(t, os.Rename(at.Source, at.Source+".away"))
	for range 3 {
		if _, err := s.OpenPage(context.Background(), key("a")); !refusedWith(err, translate.CodeSysTemp) {
			t.Errorf("a login: %v", err)
		}
		ledger.Answers(s)
	}
	lost := "error the ledger is gone; logins and deletions are refused"
	says(lost)
	done(t, os.Rename(at.Source+".away", at.Source))
	ledger.Answers(s)
	ledger.Answers(s)
	says(lost, "info the ledger answers again")
}

// A ledger that was cut is damaged, and none is made in its place; a new one has
// its name only when it is whole.
func TestAnEmptyFileIsNoNewLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	done(t, os.WriteFile(path, nil, 0o600))
	for _, serve := range []bool{true, false} {
		o := serving(path)
		o.Serve = serve
		refusesToOpen(t, o, "is damaged", "0 octets", "restore it from a backup")
	}
	done(t, os.Remove(path))
	s := place{serving(path), true, nil}.open(t)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
	records(t, opens(t, s, key("")), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
}

// What commands write beside the service raises the stamp too, and alarms nobody.
func TestCommandsBesideTheService(t *testing.T) {
	at := sqliteAt(t)
	s := at.open(t)
	p := opens(t, s, key("a"))
	for n := range 5 {
		typed := command(t, at)
		done(t, typed.AddDevice(context.Background(), alice, string(rune('a'+n))))
		closes(t, typed)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(imap.UID(n+1))...)}})
		done(t, s.Ping(context.Background()))
	}
	// A backup program may read the file as long as it likes.
	f, err := os.Open(at.Source)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
	done(t, f.Close())
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
}
