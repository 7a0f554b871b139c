package notices

import (
	"context"
	"sync/atomic"
	"time"

	"popbridge/proxy/ledger/database"
)

// Kind is what has happened. The words stand in the database and in what is sent.
type Kind string

// The kinds there are.
const (
	DeviceOverdue   Kind = "device_overdue"
	DeviceBack      Kind = "device_back"
	UpstreamAway    Kind = "upstream_away"
	UpstreamBack    Kind = "upstream_back"
	GrantRefused    Kind = "grant_refused"
	GrantEnding     Kind = "grant_ending"
	Expiring        Kind = "expiring"
	QUITUnconfirmed Kind = "quit_unconfirmed"
	MailboxHeld     Kind = "mailbox_held"
	LedgerFailing   Kind = "ledger_failing" // never kept here
	LedgerBack      Kind = "ledger_back"    // never kept here
)

// Kinds are all there are.
func Kinds() []Kind {
	return []Kind{DeviceOverdue, DeviceBack, UpstreamAway, UpstreamBack, GrantRefused, GrantEnding, Expiring, QUITUnconfirmed, MailboxHeld, LedgerFailing, LedgerBack}
}

// opposites end one another.
var opposites = map[Kind]Kind{DeviceOverdue: DeviceBack, DeviceBack: DeviceOverdue, UpstreamAway: UpstreamBack, UpstreamBack: UpstreamAway}

// Ends gives the kind of news that this one is the end of; empty where it is the end of none.
func (k Kind) Ends() Kind {
	switch k {
	case DeviceBack, UpstreamBack:
		return opposites[k]
	case LedgerBack:
		return LedgerFailing
	}
	return ""
}

// Facts are what there is to say. None of them is a secret.
type Facts struct {
	Account  string    `json:"account,omitempty"`
	Device   string    `json:"device,omitempty"`
	Client   string    `json:"client,omitempty"` // the device's address
	Upstream string    `json:"upstream,omitempty"`
	Maildrop string    `json:"maildrop,omitempty"`
	What     string    `json:"what,omitempty"`   // that expires
	Expect   string    `json:"expect,omitempty"` // of a device: how often it has to log in
	Since    time.Time `json:"since,omitzero"`   // a device's last login, or when a server was last there
	Ends     time.Time `json:"ends,omitzero"`    // of what expires
	Cause    string    `json:"cause,omitempty"`  // in the log's words
}

// News is something that has happened.
type News struct {
	Kind    Kind
	Subject string // with Kind it tells it apart from all other news
	Facts   Facts
	// Every is how often it is told at most; where that is less, by min_interval.
	Every time.Duration
}

// Store is the news that a database keeps. It may be used by any number of goroutines.
type Store struct {
	db       *database.DB
	proxy    string
	wanted   atomic.Bool
	interval atomic.Int64 // milliseconds
	ahead    atomic.Int64
}

// New gives the news of a database, for a proxy of that name. Nothing is kept until Want.
func New(db *database.DB, proxy string) *Store { return &Store{db: db, proxy: proxy} }

// Want says whether anybody is to be told, and how often of the same at most.
func (s *Store) Want(wanted bool, interval time.Duration) {
	s.interval.Store(interval.Milliseconds())
	s.wanted.Store(wanted)
}

// Wanted reports whether anybody is to be told.
func (s *Store) Wanted() bool { return s.wanted.Load() }

// PutForward has its clock go ahead of the database's, for tests that wait for nothing.
func (s *Store) PutForward(by time.Duration) { s.ahead.Store(by.Milliseconds()) }

func (s *Store) now(ctx context.Context, c database.Querier) (now int64, err error) {
	err = c.Row(ctx, "SELECT "+s.db.Now()).Scan(&now)
	return now + s.ahead.Load(), err
}
