package ledger_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// refusesToOpen gives the error's text, which must hold all words.
func refusesToOpen(t *testing.T, o ledger.Options, words ...string) string {
	t.Helper()
	s, err := ledger.Open(context.Background(), o)
	if err == nil {
		closes(t, s)
		t.Fatalf("%+v was opened", o)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	return err.Error()
}

func serving(source string) ledger.Options {
	return ledger.Options{Driver: ledger.DriverSQLite, Source: source, Serve: true}
}

func TestSQLiteSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }

	filled := func(name string) string {
		at := place{serving(path(name)), true, nil}
		s := at.open(t)
		p := opens(t, s, key(""))
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(20_000)...)}})
		closes(t, p)
		closes(t, s)
		return at.Source
	}

	t.Run("not a database", func(t *testing.T) {
		if err := os.WriteFile(path("letter"), []byte(strings.Repeat("Dear Sir or Madam, ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		refusesToOpen(t, serving(path("letter")), path("letter"), "is not a ledger", "state.source")
	})
	t.Run("damaged", func(t *testing.T) {
		file := filled("damaged")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Not the pages that a start reads anyway.
		for i := len(data) / 8192 * 4096; i < len(data); i += 4096 {
			copy(data[i:], "rust and moth")
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		refusesToOpen(t, serving(file), file, "is damaged", "restore it from a backup", "move it away", "devices")
	})
	t.Run("cut short", func(t *testing.T) {
		file := filled("cut")
		if err := os.Truncate(file, 8192); err != nil {
			t.Fatal(err)
		}
		refusesToOpen(t, serving(file), "is damaged", "restore it from a backup")
	})
	t.Run("a newer schema", func(t *testing.T) {
		file := filled("newer")
		newer(t, "sqlite", "file:"+file)
		refusesToOpen(t, serving(file), "schema version 7000", "knows versions up to", "newer popbridge")
	})
	t.Run("a folder that cannot be written", func(t *testing.T) {
		readOnly := path("read-only")
		if err := os.Mkdir(readOnly, 0o555); err != nil {
			t.Fatal(err)
		}
		asNobody(t, func() {
			refusesToOpen(t, serving(filepath.Join(readOnly, "state.db")), readOnly, "permission denied", "state.source")
		})
	})
	t.Run("served by another process", func(t *testing.T) {
		file := filled("busy")
		s := place{serving(file), true, nil}.open(t)
		refusesToOpen(t, serving(file), file, "in use by another running popbridge", "state.source")
		// A command works beside it, and takes no locks.
		o := serving(file)
		o.Serve = false
		command, err := ledger.Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer closes(t, command)
		if err := command.AddDevice(context.Background(), "alice@example.org", "printer"); err != nil {
			t.Error(err)
		}
		if _, err := command.OpenPage(context.Background(), key("")); err == nil {
			t.Error("a command took a lock")
		}
		if k := knows(t, opens(t, s, key("printer")), 7); !k.DeviceKnown {
			t.Error("the service does not see what the command has written")
		}
	})
	t.Run("modes", func(t *testing.T) {
		deep := filepath.Join(dir, "a", "b", "state.db")
		closes(t, place{serving(deep), true, nil}.open(t))
		for name, want := range map[string]os.FileMode{filepath.Dir(deep): 0o700 | os.ModeDir, deep: 0o600, deep + ".lock": 0o600} {
			info, err := os.Stat(name)
			if err != nil || info.Mode() != want {
				t.Errorf("%s has mode %v (%v), want %v", name, info.Mode(), err, want)
			}
		}
	})
	t.Run("an unknown driver", func(t *testing.T) {
		refusesToOpen(t, ledger.Options{Driver: "oracle"}, "oracle", "sqlite")
	})
}

// newer makes the schema one of a later program.
func newer(t *testing.T, driver, source string) {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, db)
	if _, err := db.Exec("INSERT INTO schema_versions (version_id, is_applied) VALUES (7000, true)"); err != nil {
		t.Fatal(err)
	}
}

// asNobody runs f without the rights of root over files, where the tester is root.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const nobody = 65534
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setfsuid(os.Geteuid()); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

func TestADamagedListingIsListedAnew(t *testing.T) {
	at := sqliteAt(t)
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}})
	closes(t, p)
	ledger.Damage(t, s, "UPDATE snapshot_entries SET data = x'0102'")
	ledger.ForgetCache(s)
	p = opens(t, s, key(""))
	// Whoever gives UIDs has to know that those which were given are lost.
	if l := p.Listing(); l.UIDValidity != 7 || l.UIDNext != 0 || len(l.Entries) > 0 {
		t.Errorf("a damaged listing was given: %+v", l)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}})
	closes(t, p)
	ledger.ForgetCache(s)
	p = opens(t, s, key(""))
	if l := p.Listing(); len(l.Entries) != 3 {
		t.Errorf("the new listing is %+v", l)
	}
	// A hidden set must not be forgotten like that.
	ledger.Damage(t, s, "UPDATE page_devices SET hidden = x'0102'")
	ledger.Damage(t, s, "UPDATE pages SET revision = 5")
	if _, err := p.Known(t.Context(), 7); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a damaged hidden set: %v", err)
	}
}
