// Package events is what commands and proxies that share a ledger tell one another:
// what an operator has changed, which sessions there are, and failed logins.
package events

import (
	"sync/atomic"

	"popbridge/proxy/ledger/database"
)

// Store is what proxies tell one another by a database. It may be used by any number
// of goroutines.
type Store struct {
	db    *database.DB
	proxy string // names this process
	seen  seen
	// failures is how far it has read of failed logins, in milliseconds of the
	// server's clock. That may be set back: what lies ahead of it means now.
	failures atomic.Int64
}

// New gives the events of a database for a process of that name.
func New(db *database.DB, proxy string) *Store { return &Store{db: db, proxy: proxy} }
