package database

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestCompactGivesRoomBack(t *testing.T) {
	o := Options{Driver: SQLite, Source: filepath.Join(t.TempDir(), "state.db"), Serve: true, Log: func(string, string, ...any) {}}
	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Update(t.Context(), func(tx Querier) error {
		return tx.Exec(t.Context(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO counters SELECT 'x', hex(zeroblob(1000)) || i, 1 FROM n")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), func(tx Querier) error { return tx.Exec(t.Context(), "DELETE FROM counters WHERE kind = 'x'") }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Compact(t.Context(), o); !errors.Is(err, ErrServed) {
		t.Errorf("a file that is served was compacted: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if before, after, err := Compact(t.Context(), o); err != nil || after <= 0 || after > before-1_000_000 {
		t.Errorf("%d octets, then %d: %v", before, after, err)
	}
}
