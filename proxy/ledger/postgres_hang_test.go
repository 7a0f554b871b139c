//go:build postgres

package ledger_test

import (
	"testing"

	"popbridge/proxy/ledger/database"
	"popbridge/tests/servers"
)

// TestHangingTransaction: a proxy that hangs in the middle of a transaction does not keep
// others for good from what it has locked, and has changed nothing when it goes on.
func TestHangingTransaction(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	hangs, err := database.Open(t.Context(), database.Options{Driver: database.Postgres, Source: at.Source, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, hangs)
	locked, again, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- hangs.Update(t.Context(), func(tx database.Querier) error {
			err := tx.Exec(t.Context(), "LOCK TABLE leases")
			close(locked)
			<-again
			return err
		})
	}()
	<-locked
	// A proxy that starts removes the locks of dead ones.
	at.open(t)
	close(again)
	if err := <-done; err == nil {
		t.Error("a transaction that others have had to wait for was committed after all")
	}
}
