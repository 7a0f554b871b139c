package proxy

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
	// Server is what a Plan depends on. It is complete after List.
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
	Client netip.Addr
	Log    hclog.Logger
}

// Page is one device's page of the ledger, locked for one session.
type Page interface {
	// Listing is what an earlier session listed, the zero Listing for nothing, as of
	// the opening of the page or the last Refresh.
	Listing() translate.Listing
	// Refresh reads again what other sessions may have written.
	Refresh() error
	// Known is what is remembered of the mailbox under this UIDVALIDITY.
	Known(validity uint32) (translate.Known, error)
	// Previous is what this maildrop's messages were when it was last served,
	// where that was under another identity than this mailbox and UIDVALIDITY, or
	// what they are on an old server that this mailbox was matched with; nil
	// otherwise.
	Previous(validity uint32) (*translate.Origin, error)
	// Gone is what messages were that have vanished under one UIDVALIDITY,
	// without those that a device has deleted.
	Gone(uids []imap.UID) ([]translate.Remembered, error)
	// Relink makes this mailbox and UIDVALIDITY the maildrop's identity. Linked
	// messages keep their unique-ids and stay hidden from who has hidden them.
	Relink(validity uint32, links []translate.Link, formats []translate.Span) error
	// Freeze notes that this mailbox and UIDVALIDITY cannot be served for now, and
	// gives since when. Relink, and a login to what the page is bound to, end it.
	Freeze(why translate.Freeze, validity uint32) (since time.Time, err error)
	// SetBack forgets what is remembered of UIDs from now's UIDNEXT upwards, which a
	// mailbox gives to other messages after it was restored from a backup. It fails
	// with translate.ErrOvertaken where another session has listed the mailbox since
	// it was asked for now.
	SetBack(now translate.Listing) error
	// Unkeyed gives messages of the listing whose content key is not known.
	Unkeyed(validity uint32, limit int) []imap.UID
	// Keys are the content keys that are known under a UIDVALIDITY.
	Keys(validity uint32) (map[imap.UID]translate.ContentKey, error)
	// Durable reports whether the ledger outlives the process: then a journal is
	// kept, and content keys are worth learning.
	Durable() bool
	// Active says that the session lives: a command came, or octets moved. The
	// lock may be taken over when it has not been called for the takeover time.
	Active()
	// Intend writes down what is about to be done; durable before it returns.
	// It fails where the lock has been taken over.
	Intend(translate.Intent) error
	// Record writes down what has been learned; durable before it returns.
	Record(translate.Facts) error
	// Close releases the lock. It may be called twice.
	Close() error
}

// PageKey says whose page is to be opened.
type PageKey struct {
	Account  string // as the device names it, without the device
	Device   string // empty: the account itself
	Maildrop string
	Upstream string
	Login    string // the account's name upstream
	Mailbox  string
	Session  string // as the log calls it
	Client   string // its address
	Lock     translate.Lock
	Takeover time.Duration
	// Displaced is called, from another goroutine, when a new login has taken
	// the lock over.
	Displaced func()
}

// DevicePasswords is where the passwords that devices have of their own are kept.
// Its errors are Refusals.
type DevicePasswords interface {
	// Keyring gives those of an account, and its salt, which every account has.
	Keyring(ctx context.Context, account string) (translate.Keyring, error)
	// ReadableDevicePasswords gives those of an account that are kept so that they
	// can be read, by device; the others have none of their own here.
	ReadableDevicePasswords(ctx context.Context, account string) (map[string][]byte, error)
	// UsedDevicePassword notes that one has let a device in.
	UsedDevicePassword(ctx context.Context, account string, p translate.DevicePassword) error
}

// Backend makes what a session works with.
type Backend struct {
	// CatchUp returns when everything is done that operators have asked of this
	// process before; a login begins with it. nil: nobody can ask.
	CatchUp func(context.Context) error
	// Whereabouts says where operators have moved an account, or that they hold it;
	// nil: nowhere, and nobody does.
	Whereabouts func(ctx context.Context, account string) (translate.Whereabouts, error)
	// OpenMailbox logs in upstream. Its error says what the device may be told.
	OpenMailbox func(context.Context, Request) (Mailbox, error)
	// OpenPage takes the maildrop's lock; translate.InUse where it is held.
	OpenPage func(context.Context, PageKey) (Page, error)
	// DevicePasswords may be nil: then no device has one.
	DevicePasswords DevicePasswords
	// ShareFailures tells other proxies of failed logins that this one has counted,
	// and gives what all have counted, of subjects that have changed since it was
	// last called; nil: there are no others.
	ShareFailures func(ctx context.Context, news []translate.Failures, window time.Duration) ([]translate.Failures, error)
	// Meter hears what there is to count; nil: nobody counts.
	Meter Meter
}
