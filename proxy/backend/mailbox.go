package backend

import (
	"context"
	"io"
	"iter"
	"net/netip"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/translate"
)

// Mailbox is one authenticated mailbox upstream. It is used by one goroutine.
type Mailbox interface {
	// Server is what a Plan depends on. It is complete after List, and after FindTargets
	// where the Mailbox is Untargeted.
	Server() translate.Server
	// List gives what the mailbox holds, in order of UID. known is what an
	// earlier List gave, so that only the difference has to be asked; the zero
	// Listing is always right.
	List(ctx context.Context, known translate.Listing) (translate.Listing, error)
	// Fetch streams a message into w. It gives nil only if every announced
	// octet was written and the server said OK. translate.ErrGone: the message
	// was expunged; nothing was written then. next are the messages behind it,
	// which may be read ahead.
	Fetch(ctx context.Context, msg translate.Message, next iter.Seq[translate.Message], w io.Writer) error
	// FetchTop is Fetch for the header, the blank line and a number of lines.
	FetchTop(ctx context.Context, msg translate.Message, lines int, next iter.Seq[translate.Message], w io.Writer) error
	// Unreadable reports whether a message that could not be fetched is one that the
	// upstream cannot give while it gives others, and what can be said of it.
	Unreadable(ctx context.Context, msg translate.Message, others iter.Seq[translate.Message]) (translate.Notice, bool)
	// Prepare makes what the ops need before anything is promised, and notes in
	// them what a cut in the middle would be settled by.
	Prepare(ctx context.Context, ops []translate.Op) ([]translate.Op, error)
	// Apply carries out prepared ops in order. It gives nil only if the server
	// has confirmed each that is not optional, for all messages but those that the
	// Outcome names as refused, with which nothing was done.
	Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error)
	// Since gives the messages that arrived on a day or later, in the server's
	// reckoning.
	Since(ctx context.Context, day time.Time) (imap.UIDSet, error)
	// Seek gives the messages that a maildrop's search finds. A server that refuses the
	// search is a Refusal that says which key.
	Seek(ctx context.Context, s translate.Search) (imap.UIDSet, error)
	// Describe tells messages by their content. each may also get others, of which
	// the mailbox has learned on the way.
	Describe(ctx context.Context, uids imap.UIDSet, each func(translate.Description)) error
	// Identify is Describe with what tells a message from a later one under its
	// UID: octets as the upstream lists them, and when it was received. What cannot be
	// told is given with nothing but its UID; what is not given is not there.
	Identify(ctx context.Context, uids imap.UIDSet, each func(translate.Description)) error
	// Doubt has the next List ask on another connection, since what this one shows
	// may be old. Nothing of the mailbox may have been shown to the device yet.
	Doubt()
	// Rest lets go, for a silent device, of what costs something to hold; the
	// next call takes it again.
	Rest()
	// Close ends the use of the mailbox. It removes nothing upstream.
	Close() error
}

// Several is a Mailbox that stands for all that a maildrop shows.
type Several interface {
	// Shown gives the mailboxes, in the operator's order. first says that the first of
	// them is the maildrop's first, whose unique-ids are what they are alone; it is not
	// where that mailbox is not shown.
	Shown() (all []Shown, first bool)
	// Arrived asks, in one flight for all of them, into which messages may have come since
	// they were listed; listings are in the order of Shown.
	Arrived(ctx context.Context, listed []translate.Listing) ([]bool, error)
}

// Shown is one of the mailboxes of a maildrop, under its name in plain text.
type Shown struct {
	Name string
	Mailbox
}

// Untargeted is a Mailbox that asks where deleted messages go only when there are some.
type Untargeted interface {
	// FindTargets asks for that, if nobody has; asked says that it has done so now, and that
	// Server tells more than it did. Its errors are Refusals.
	FindTargets(ctx context.Context) (asked bool, err error)
}

// Yielder is a Mailbox whose use keeps other logins of its account out, as a
// session at an old POP3 server does.
type Yielder interface {
	// Yield says that it is used for no device any more, and gives way to the next
	// login: what is being asked of it then fails, and it has to be closed.
	Yield()
}

// Request says which mailbox is to be opened, for whom.
type Request struct {
	Upstream configs.Upstream
	Maildrop configs.Maildrop
	Account  string // the login upstream
	// Owner is the account and device that the session is of.
	Owner translate.Login
	// Password is what the device gave where the upstream is to check it; empty
	// where the device has shown another way who it is.
	Password configs.Secret
	// Bearer is a token that the device brought (AUTH XOAUTH2, OAUTHBEARER), for
	// the upstream to check; empty for none.
	Bearer configs.Secret
	// Use says what the mailbox is wanted for.
	Use Use
	// Kept has the mailbox opened with a connection that waits since another session, or
	// not at all.
	Kept bool
	// TargetsLater lets the mailbox be Untargeted: whoever opens it knows what that is.
	TargetsLater bool
	Client       netip.Addr
	Log          hclog.Logger
}

// Use is what a mailbox is wanted for.
type Use uint8

const (
	// ForPolls serves a device that comes again: the connection may be kept for its
	// next poll.
	ForPolls Use = iota
	// Once is for one thing that is done, and not done again soon.
	Once
	// ToLook is Once, and deletes nothing: no mailbox for deleted messages is looked
	// for or made.
	ToLook
)
