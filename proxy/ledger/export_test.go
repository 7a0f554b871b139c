package ledger

import (
	"context"
	"testing"
)

// Writes counts the transactions that were begun in order to write.
func Writes(s *Store) int64 { return s.db.writes.Load() }

// ForgetCache makes the Store as cold as one that was just opened.
func ForgetCache(s *Store) { s.cache = newCache(maxCached) }

// StopHeart lets a Store on PostgreSQL look dead to the others.
func StopHeart(s *Store) {
	l := s.locks.(*leases)
	l.stop()
	<-l.ended
}

// Damage runs a statement that popbridge never would.
func Damage(t testing.TB, s *Store, statement string) {
	t.Helper()
	err := s.db.update(context.Background(), func(tx statements) error { return tx.exec(context.Background(), statement) })
	if err != nil {
		t.Fatal(err)
	}
}

// Redacted is what a caller gets to see of an error.
func Redacted(source, password string, err error) error {
	return redacted(err, secretsOf(source, password))
}

// Octets are those of a SQLite database and of its part that is free.
func Octets(t testing.TB, s *Store) (all int64) {
	t.Helper()
	err := s.db.read.QueryRow("SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)").Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
