package migration

import (
	"context"
	"time"

	"popbridge/translate"
)

// Registry is where it stands which upstream serves an account, and how far its
// migration is.
type Registry interface {
	// Begin makes the caller the only one who works on an account. It waits for
	// another to end where wait says so, and fails where that one goes on.
	Begin(ctx context.Context, account string, wait time.Duration) (Work, error)
	// Standing gives what operators have said of an account.
	Standing(ctx context.Context, account string) (Standing, error)
	// Sitting is how many sessions of a held account there are, on all proxies.
	Sitting(ctx context.Context, account string) (int, error)
	// Deletions gives what devices have had taken out of a mailbox since a time, and
	// what was not brought back.
	Deletions(ctx context.Context, account string, box translate.Box, since time.Time) ([]translate.Deletion, error)
	// Reach notes how a step of the migration has ended.
	Reach(ctx context.Context, account string, step Step, good bool, note string) error
}

// Step is a part of an account's migration.
type Step uint8

// The steps that are noted; a move is noted by Work.Move.
const (
	StepHarvested Step = iota
	StepMatched
	StepVerified
)

// Standing is what operators have said of where an account is served.
type Standing struct {
	Upstream string // empty: where the routes lead
	Origin   string // the upstream that served it before
	Returned bool   // the last move took it back to where it had come from
	At       time.Time
	Pending  bool // the command that runs after a move has not ended well
}

// Work is the right to change where an account is served. Every method fails when
// that right was lost.
type Work interface {
	// Alive fails when it was lost, without asking.
	Alive() error
	// Hold puts off all logins of the account until Release or Close.
	Hold(context.Context) error
	Release(context.Context) error
	// Move makes an upstream the account's, empty for where the routes lead; proxies
	// end the sessions that run. pending notes that a command has to run yet,
	// returned that the account is back where it had come from.
	Move(ctx context.Context, origin, to string, pending, returned bool) error
	// Done notes that nothing is pending any more.
	Done(context.Context) error
	Close(context.Context) error
}
