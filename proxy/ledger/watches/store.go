package watches

import (
	"context"
	"sync/atomic"
	"time"

	"popbridge/proxy/ledger/database"
)

// Change is something that operators want to hear of.
type Change struct {
	Device   *Device // that is overdue or back; nil where it is about an upstream
	Upstream string
	Since    time.Time // when the upstream was last there
	Back     bool
}

// Tell hears of changes within the transactions that write them down.
type Tell func(context.Context, database.Querier, Change) error

// Store is the watches that a database knows of. It may be used by any number of
// goroutines.
type Store struct {
	db    *database.DB
	proxy string
	ahead atomic.Int64 // by how much the clock is put forward, in milliseconds
	tell  Tell
}

// New gives the watches of a database, for a proxy of that name.
func New(db *database.DB, proxy string, tell Tell) *Store {
	return &Store{db: db, proxy: proxy, tell: tell}
}

// PutForward has its clock go ahead of the database's, for tests that wait for nothing.
func (s *Store) PutForward(by time.Duration) { s.ahead.Store(by.Milliseconds()) }

// now is the database's clock, in milliseconds since 1970.
func (s *Store) now(ctx context.Context, c database.Querier) (now int64, err error) {
	err = c.Row(ctx, "SELECT "+s.db.Now()).Scan(&now)
	return now + s.ahead.Load(), err
}

// here is this machine's clock, which is good for how often something is written.
func (s *Store) here() int64 { return time.Now().UnixMilli() + s.ahead.Load() }
