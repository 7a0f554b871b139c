//go:build postgres

package ledger_test

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// TestFailuresAreSharedOnPostgres: what proxies count adds up, each hears of it once it has
// changed, and a window that is over is forgotten.
func TestFailuresAreSharedOnPostgres(t *testing.T) {
	p := databaseOf(t, servers.StartPostgres(t))
	one, two := p.open(t), p.open(t)
	const window, most = time.Hour, uint64(1<<64 - 1)
	share := func(s *ledger.Store, want map[uint64]int, news ...translate.Failures) {
		t.Helper()
		heard, err := s.Events.ShareFailures(t.Context(), news, window)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[uint64]int)
		for _, f := range heard {
			got[f.Subject] = f.Count
			if f.Age < 0 || f.Age > time.Minute {
				t.Errorf("subject %d has an age of %v", f.Subject, f.Age)
			}
		}
		for subject, count := range want {
			if got[subject] != count {
				t.Errorf("subject %d has %d failures, want %d", subject, got[subject], count)
			}
		}
		if len(got) != len(want) {
			t.Errorf("heard %v, want %v", got, want)
		}
	}
	share(one, nil)
	share(one, map[uint64]int{1: 3, most: 1}, translate.Failures{Subject: 1, Count: 3}, translate.Failures{Subject: most, Count: 1})
	share(two, map[uint64]int{1: 5, most: 1}, translate.Failures{Subject: 1, Count: 2})
	share(one, map[uint64]int{1: 5, most: 1})
	// The clock is the server's: what it says long ago is not given again, and
	// what began before the window is gone.
	db, err := sql.Open("pgx", p.Source)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, db)
	for _, statement := range []string{
		"UPDATE failures SET changed = changed - 60000 WHERE subject = 1",
		"UPDATE failures SET began = began - 3600000 WHERE subject = -1",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	share(one, nil)
	share(two, map[uint64]int{most: 1}, translate.Failures{Subject: most, Count: 1})
	var left []int64
	rows, err := db.Query("SELECT subject FROM failures ORDER BY subject")
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, rows)
	for rows.Next() {
		var subject int64
		if err := rows.Scan(&subject); err != nil {
			t.Fatal(err)
		}
		left = append(left, subject)
	}
	if err := rows.Err(); err != nil || !slices.Equal(left, []int64{-1, 1}) {
		t.Errorf("%v are left, %v", left, err)
	}
}
