package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// Writes counts the transactions that were begun in order to write.
func Writes(s *Store) int64 { return s.db.Writes() }

// Asked counts the statements that were run.
func Asked(s *Store) int64 { return s.db.Asked() }

// Recalled gives what a login reads: as it is recalled, and as the database has it.
func Recalled(t testing.TB, s *Store, k backend.PageKey) (recalled, read string) {
	t.Helper()
	ctx, c := context.Background(), s.db.View()
	p := &Page{store: s, key: k}
	box, err := s.Mailboxes.Read(ctx, k.Account, translate.Box{Upstream: k.Upstream, Login: k.Login, Mailbox: k.Mailbox})
	placed, perr := s.Progress.Placement(ctx, k.Account)
	if err := errors.Join(err, perr, p.readRow(ctx)); err != nil {
		t.Fatal(err)
	}
	row, err := readPage(ctx, c, k)
	moved, merr := s.Progress.MoveOf(ctx, k.Account)
	var mailbox mailboxes.Row
	berr := c.Row(ctx, `SELECT m.id, m.uidvalidity, COALESCE(s.id, 0), COALESCE(s.uidnext, 0), COALESCE(s.modseq, 0), COALESCE(s.messages, 0), COALESCE(s.revision, 0), COALESCE(s.keys_revision, 0)
		FROM mailboxes m LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity WHERE m.upstream = $1 AND m.login = $2 AND m.mailbox = $3`, k.Upstream, k.Login, k.Mailbox).
		Scan(&mailbox.ID, &mailbox.Validity, &mailbox.Snapshot, &mailbox.Next, &mailbox.ModSeq, &mailbox.Messages, &mailbox.Revision, &mailbox.KeysRevision)
	if errors.Is(berr, sql.ErrNoRows) {
		berr = nil
	}
	if err := errors.Join(err, merr, berr); err != nil {
		t.Fatal(err)
	}
	const all = "%+v\n%+v\n%q %v"
	return fmt.Sprintf(all, p.row, box.Row, placed.Upstream, placed.Disabled), fmt.Sprintf(all, row, mailbox, moved.Upstream, !moved.Disabled.IsZero())
}

// ForgetCache makes the Store as cold as one that was just opened.
func ForgetCache(s *Store) {
	s.cache = chunks.NewCache(maxCached)
	s.Mailboxes = mailboxes.New(s.db, s.cache)
}

// CacheOctets is what the cache weighs.
func CacheOctets(s *Store) int { return s.cache.Octets() }

// Answers is called where a database has just answered.
func Answers(s *Store) { s.db.Answered() }

// StopHeart lets a Store on PostgreSQL look dead to the others.
func StopHeart(s *Store) {
	l := s.locks.(*leases)
	l.stop()
	<-l.ended
}

// CloseEntrance removes the function that logins call.
func CloseEntrance(t testing.TB, s *Store) {
	t.Helper()
	Damage(t, s, "DROP FUNCTION "+s.locks.(*leases).entrance.Name())
}

// Damage runs a statement that popbridge never would.
func Damage(t testing.TB, s *Store, statement string) {
	t.Helper()
	err := s.db.Update(context.Background(), func(tx database.Querier) error { return tx.Exec(context.Background(), statement) })
	if err != nil {
		t.Fatal(err)
	}
}

// Octets are those of a SQLite database and of its part that is free.
func Octets(t testing.TB, s *Store) (all int64) {
	t.Helper()
	err := s.db.View().Row(context.Background(), "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)").Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Fill adds accounts that have logged in.
func Fill(t testing.TB, s *Store, accounts int) {
	t.Helper()
	const series = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	for _, statement := range []string{
		series + "INSERT INTO mailboxes (upstream, login, mailbox, uidvalidity) SELECT 'mail', 'u' || i, 'INBOX', 7 FROM n",
		series + "INSERT INTO snapshots (mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision) SELECT m.id, 7, 1, 0, 0, 0, 1 FROM mailboxes m WHERE $1 > 0",
		series + "INSERT INTO pages (account, maildrop, mailbox_id, uidvalidity) SELECT m.login, 'default', m.id, 7 FROM mailboxes m WHERE $1 > 0",
		series + "INSERT INTO page_devices (page_id, device, first_login, last_login) SELECT p.id, '', 1, 1 FROM pages p WHERE $1 > 0",
	} {
		err := s.db.Update(context.Background(), func(tx database.Querier) error { return tx.Exec(context.Background(), statement, accounts) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Rows counts those of a table.
func Rows(t testing.TB, s *Store, table string) (n int) {
	t.Helper()
	if err := s.db.View().Row(context.Background(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// SetClock lets the database's clock look as if it had been set since the last
// heartbeat, and sends the next.
func SetClock(t testing.TB, s *Store) {
	t.Helper()
	l := s.locks.(*leases)
	l.mu.Lock()
	l.ahead += time.Hour
	l.mu.Unlock()
	Beat(t, s)
}

// Beat sends a heartbeat.
func Beat(t testing.TB, s *Store) {
	t.Helper()
	if err := s.locks.(*leases).beat(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Occupy keeps the transaction that writes, from when it says begun until release.
func Occupy(t testing.TB, s *Store, begun chan<- struct{}, release <-chan struct{}) {
	err := s.db.Update(context.Background(), func(database.Querier) error {
		close(begun)
		<-release
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Wakes calls woken each time that the database wakes this process, until the test ends.
func Wakes(t testing.TB, s *Store, woken func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.db.Listen(ctx, woken); ctx.Err() == nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

// Listeners is how many connections of a PostgreSQL listen for what wakes them.
func Listeners(t testing.TB, s *Store) (n int) {
	t.Helper()
	if err := s.db.View().Row(context.Background(), "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Plan is how SQLite would find what a query asks for.
func Plan(t testing.TB, s *Store, query string) (plan string) {
	t.Helper()
	err := s.db.View().Each(context.Background(), func(scan func(...any) error) error {
		var id, parent, unused int
		var step string
		err := scan(&id, &parent, &unused, &step)
		plan += step + "\n"
		return err
	}, "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// FrozenQuery is what Frozen asks.
const FrozenQuery = frozenQuery
