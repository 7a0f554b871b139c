package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/database"
)

// Devices would be shown what they have hidden, by a copy that lacks it yet.
func TestAnUnfinishedCopyIsNotServed(t *testing.T) {
	at := sqliteAt(t)
	closes(t, at.open(t))
	d, err := database.Open(t.Context(), database.Options{Driver: at.Driver, Source: at.Source, Log: func(string, string, ...any) {}})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Update(t.Context(), func(tx database.Querier) error {
		return tx.Exec(t.Context(), "CREATE TABLE unfinished_copy (source TEXT PRIMARY KEY)")
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	o := at.Options
	o.Serve = true
	s, err := ledger.Open(t.Context(), o)
	if err == nil {
		closes(t, s)
	}
	if err == nil || !strings.Contains(err.Error(), "a copy that is not complete") {
		t.Errorf("it is served: %v", err)
	}
}
