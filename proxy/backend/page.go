package backend

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Page is one device's page of the ledger, locked for one session. What asks the
// database ends with its context, or after half a minute.
type Page interface {
	// Listing is what an earlier session listed, the zero Listing for nothing, as of
	// the opening of the page or the last Refresh.
	Listing() translate.Listing
	// Refresh reads again what other sessions may have written.
	Refresh(context.Context) error
	// Known is what is remembered of the mailbox under this UIDVALIDITY.
	Known(ctx context.Context, validity uint32) (State, error)
	// Previous is what this maildrop's messages were when it was last served,
	// where that was under another identity than this mailbox and UIDVALIDITY, or
	// what they are on an old server that this mailbox was matched with; nil
	// otherwise.
	Previous(ctx context.Context, validity uint32) (*translate.PreviousMailbox, error)
	// Gone is what messages were that have vanished under one UIDVALIDITY,
	// without those that a device has deleted.
	Gone(ctx context.Context, uids []imap.UID) ([]translate.Remembered, error)
	// Relink makes this mailbox and UIDVALIDITY the maildrop's identity. Linked
	// messages keep their unique-ids and stay hidden from who has hidden them.
	Relink(ctx context.Context, validity uint32, links []translate.Link, formats []translate.Span) error
	// Leave keeps messages of the mailbox that the maildrop's first was until now, which
	// Relink is to give to another one: Lost tells of them from then on.
	Leave(ctx context.Context, left []translate.Remembered) error
	// Freeze notes that this mailbox and UIDVALIDITY cannot be served for now, and
	// gives since when. Relink, and a login to what the page is bound to, end it.
	Freeze(ctx context.Context, why translate.Freeze, validity uint32) (since time.Time, err error)
	// RollBack forgets what is remembered of UIDs from now's UIDNEXT upwards, which a
	// mailbox gives to other messages after it was restored from a backup. It fails
	// with translate.ErrOvertaken where another session has listed the mailbox since
	// it was asked for now.
	RollBack(ctx context.Context, now translate.Listing) error
	// Unkeyed gives messages of the listing whose content key is not known.
	Unkeyed(ctx context.Context, validity uint32, limit int) []imap.UID
	// Keys are the content keys that are known under a UIDVALIDITY.
	Keys(ctx context.Context, validity uint32) (map[imap.UID]translate.ContentKey, error)
	// Copied are messages of this UIDVALIDITY that were copied to where deleted ones go,
	// and that the server would not remove then.
	Copied(ctx context.Context, validity uint32) ([]translate.Copied, error)
	// Taken gives those of some messages of this UIDVALIDITY that a device has had taken
	// away, of whichever maildrop.
	Taken(ctx context.Context, validity uint32, uids imap.UIDSet) (imap.UIDSet, error)
	// Durable reports whether the ledger outlives the process: then a journal is
	// kept, and content keys are worth learning.
	Durable() bool
	// Active says that the session lives: a command came, or octets moved. The
	// lock may be taken over when it has not been called for the takeover time.
	Active()
	// Intend writes down what is about to be done; durable before it returns.
	// It fails where the lock has been taken over.
	Intend(context.Context, translate.Intent) error
	// IntendAll is Intend for several mailboxes of the maildrop, all of it or nothing: by
	// the names that Beside was given, with that of the page's own as "".
	IntendAll(context.Context, map[string]translate.Intent) error
	// Record writes down what has been learned; durable before it returns.
	Record(context.Context, translate.Facts) error
	// Login is Record, and says that the device has logged in: it is known from now on.
	// What is learned on the way to a login that may still fail is only recorded.
	Login(context.Context, translate.Facts) error
	// Settle is Record, and says that nothing is left to do of what Intend wrote down.
	Settle(context.Context, translate.Facts) error
	// Beside opens the page of another mailbox of the same maildrop, under the lock of
	// this one. It is closed with this one.
	Beside(ctx context.Context, mailbox string) (Page, error)
	// Identities are what the page's messages are recognised by in another mailbox: at
	// least these, or all of them where uids is nil.
	Identities(ctx context.Context, uids []imap.UID) (map[imap.UID]translate.Identity, error)
	// Lost are the messages that the maildrop has served, in any of its mailboxes, and
	// that are not there any more; held says what the mailboxes that are shown hold.
	Lost(ctx context.Context, held map[string]translate.Listing) ([]translate.Lost, error)
	// Receive takes messages over that were found in this mailbox after they were lost
	// elsewhere: they keep their unique-ids, and stay hidden from who has hidden them.
	Receive(ctx context.Context, validity uint32, found []translate.Found) error
	// Close releases the lock, whatever has ended. It may be called twice.
	Close() error
}

// Remembering is a Page that has read what is known of its mailbox when it was opened,
// together with what Listing gives.
type Remembering interface {
	// KnownAs is Known under the UIDVALIDITY of a listing that was asked for since. Where
	// that is what Listing gives the ledger need not be asked again.
	KnownAs(ctx context.Context, now translate.Listing) (State, error)
}

// KnownAs is Known of a mailbox that was just listed, of whichever Page.
func KnownAs(ctx context.Context, p Page, now translate.Listing) (State, error) {
	if r, ok := p.(Remembering); ok {
		return r.KnownAs(ctx, now)
	}
	return p.Known(ctx, now.UIDValidity)
}

// State is what is remembered of a maildrop for one device: what the device sees, what
// a crash has left undone, and what an operator has said.
type State struct {
	translate.Known
	// Intent is a plan that a crash has interrupted, nil for none.
	Intent *translate.Intent
	// NewDevice is true for a device that was never seen before.
	NewDevice bool
	// DeviceKnown is true for a device that an operator has added.
	DeviceKnown bool
	// AcceptNewIDs says that an operator has agreed to new unique-ids.
	AcceptNewIDs bool
	// Several says that the maildrop has shown other mailboxes too, now or earlier.
	Several bool
	// Bound says that the page was served under this mailbox and UIDVALIDITY before, so
	// that there is no Previous.
	Bound bool
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
	Expect   translate.Expect // how often its route expects the device
	Takeover time.Duration
	// Displaced is called, from another goroutine, when a new login has taken
	// the lock over.
	Displaced func()
	// Arrival is what is to be asked with the lock; nil: the login has arrived.
	Arrival *Arrival
}

// Arrival is what a login has not asked before its lock: whether operators have asked
// something that is not done yet, and where they have moved the account. OpenPage refuses
// where there is anything that Arrive would have done or said besides this, and where the
// lock is not free; then nothing has happened.
type Arrival struct {
	Upstream string // that serves the account whatever the routes say, as far as is known; empty: none
	At       int64  // the login's place, which OpenPage says; see Backend.Arrive
}
