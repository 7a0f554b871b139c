package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"popbridge/proxy/ledger/database"
)

// mark is the table that a ledger has while it is a copy that is not complete, with one
// row that tells which ledger it is made from.
const mark = "unfinished_copy"

// Unfinished reports whether a ledger is a copy that was begun and is not complete:
// nobody may be served from it.
func Unfinished(ctx context.Context, d *database.DB) (bool, error) {
	text := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
	if d.Driver() == database.Postgres {
		text = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
	}
	var n int
	err := d.View().Row(ctx, text, mark).Scan(&n)
	return n > 0, err
}

// identity tells a ledger from every other: its salt is made once, by chance.
func identity(ctx context.Context, d *database.DB) (string, error) {
	var key []byte
	if err := d.View().Row(ctx, "SELECT key FROM device_salt").Scan(&key); err != nil {
		return "", fmt.Errorf("the ledger's salt cannot be read: %w", err)
	}
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:]), nil
}

// markBegun makes the target a copy that is not complete.
func markBegun(ctx context.Context, to *database.DB, from string) error {
	return to.Update(ctx, func(tx database.Querier) error {
		if err := tx.Exec(ctx, "CREATE TABLE "+mark+" (source TEXT PRIMARY KEY)"); err != nil {
			return err
		}
		return tx.Exec(ctx, "INSERT INTO "+mark+" (source) VALUES ($1)", from)
	})
}

// markDone makes it a ledger like every other.
func markDone(ctx context.Context, to *database.DB) error {
	return to.Update(ctx, func(tx database.Querier) error { return tx.Exec(ctx, "DROP TABLE "+mark) })
}

// begun gives which ledger an unfinished copy is made from.
func begun(ctx context.Context, to *database.DB) (from string, err error) {
	err = to.View().Row(ctx, "SELECT source FROM "+mark).Scan(&from)
	return from, err
}
