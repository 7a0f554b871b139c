//go:build postgres

package ledger_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// gate has whoever makes a lease wait for an advisory lock, which the test holds until it
// calls open. awaited returns when somebody waits.
func gate(t *testing.T, source string) (awaited, open func()) {
	t.Helper()
	db, err := sql.Open("pgx", source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, db) })
	ctx := context.Background()
	held, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string) {
		t.Helper()
		if _, err := held.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END'`)
	run("CREATE TRIGGER test_gate BEFORE INSERT ON leases FOR EACH ROW EXECUTE FUNCTION test_gate()")
	run("SELECT pg_advisory_lock(42)")
	awaited = func() {
		t.Helper()
		for end := time.Now().Add(hang); ; time.Sleep(5 * time.Millisecond) {
			var waiting bool
			if err := db.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&waiting); err != nil {
				t.Fatal(err)
			}
			if waiting {
				return
			}
			if time.Now().After(end) {
				t.Fatal("nobody waits for the lease")
			}
		}
	}
	return awaited, func() { t.Helper(); run("SELECT pg_advisory_unlock(42)"); closes(t, held) }
}

// TestPostgresReadsBehindTheLock: what a login reads is what the session before it has left,
// although both are asked in one round trip, and whatever the database's own isolation is.
// It is one statement, and two where somebody has removed the function of it.
func TestPostgresReadsBehindTheLock(t *testing.T) {
	server := servers.StartPostgres(t)
	for _, c := range []struct {
		name, isolation string
		removed         bool
		statements      int64 // of an opening that waits for nobody
	}{
		{"read committed", "read committed", false, 1},
		{"repeatable read", "repeatable read", false, 2}, // the mailbox is read behind it
		{"without the function", "read committed", true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := databaseOf(t, server)
			one := at.open(t)
			at.Source += "&default_transaction_isolation=" + url.PathEscape(c.isolation)
			at.Proxy = "two"
			two := at.open(t)
			closes(t, opens(t, two, key("another")))
			if c.removed {
				ledger.CloseEntrance(t, two)
				closes(t, opens(t, two, key("another")))
			}
			least := int64(100)
			for range 5 { // a heartbeat may come between
				before := ledger.Asked(two)
				another := opens(t, two, key("another"))
				least = min(least, ledger.Asked(two)-before)
				closes(t, another)
			}
			if least != c.statements {
				t.Errorf("an opening asks %d statements, want %d", least, c.statements)
			}
			first := opens(t, one, key(""))
			records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}, Hide: imap.UIDSetNum(1)})
			awaited, open := gate(t, at.Source)
			type entered struct {
				page *ledger.Page
				err  error
			}
			came := make(chan entered, 1)
			go func() {
				p, err := two.OpenPage(context.Background(), key(""))
				came <- entered{p, err}
			}()
			awaited()
			records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
			closes(t, first)
			open()
			in := <-came
			if in.err != nil {
				t.Fatal(in.err)
			}
			t.Cleanup(func() { closes(t, in.page) })
			k, err := in.page.KnownAs(t.Context(), in.page.Listing())
			if err != nil || !sameSet(k.Hidden, 1, 2) {
				t.Errorf("behind the lock %v are hidden; %v", k.Hidden, err)
			}
		})
	}
}

// TestPostgresKnowsByTheListing: what was read with the lock is not believed where the
// mailbox was found to hold anything else, nor once more.
func TestPostgresKnowsByTheListing(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	one := at.open(t)
	k := key("")
	k.Lock = translate.LockDevice
	other := key("other")
	other.Lock = translate.LockDevice
	first := opens(t, one, k)
	records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	closes(t, first)
	for _, c := range []struct {
		name string
		now  *translate.Listing
		asks bool
		pin  string // of the first message, which another session gives behind the opening
	}{
		{"the same", listing(7, 1, 2), false, ""},
		{"another message", listing(7, 1, 2, 3), true, "another message"},
		{"one less", listing(7, 2), true, "one less"},
		{"another UIDVALIDITY", listing(8, 1, 2), true, ""},
	} {
		p, beside := opens(t, one, k), opens(t, one, other)
		records(t, beside, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Pins: map[imap.UID]string{1: c.name}})
		before := ledger.Asked(one)
		known, err := p.KnownAs(t.Context(), *c.now)
		if asked := ledger.Asked(one) > before; err != nil || asked != c.asks || known.UniqueIDs[1] != c.pin {
			t.Errorf("%s: asked %t, pinned %v; %v", c.name, asked, known.UniqueIDs, err)
		}
		if known, err = p.KnownAs(t.Context(), *listing(7, 1, 2)); err != nil || known.UniqueIDs[1] != c.name {
			t.Errorf("%s, once more: pinned %v; %v", c.name, known.UniqueIDs, err)
		}
		closes(t, p)
		closes(t, beside)
	}
}
