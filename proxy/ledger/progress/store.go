// Package progress is how far a migration has come: which account a command works on,
// where each is served, and what was done for it.
package progress

import "popbridge/proxy/ledger/database"

// Store is the progress that a database knows of. It may be used by any number of
// goroutines.
type Store struct{ db *database.DB }

// New gives the progress that a database knows of.
func New(db *database.DB) *Store { return &Store{db} }
