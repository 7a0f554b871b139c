package backend

import (
	"context"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Backend makes what a session works with.
type Backend struct {
	// Sync returns when everything is done that operators have asked of this
	// process before; a login begins with it. nil: nobody can ask.
	Sync func(context.Context) error
	// Placement says where operators have moved an account, or that they hold it;
	// nil: nowhere, and nobody does.
	Placement func(ctx context.Context, account string) (translate.Placement, error)
	// Arrive is Sync and Placement in one, for a login that has a name by then; nil: a
	// login calls one after the other, and has its name between them. What operators ask
	// has a place in an order, and at is the login's.
	Arrive func(ctx context.Context, account string) (at int64, w translate.Placement, err error)
	// Kept reports whether a connection waits upstream that has logged in as a request
	// would. Where there is one a login may ask with its lock what Arrive tells, see
	// Arrival. nil: no login does.
	Kept func(Request) bool
	// Ask asks the directory of a lookup block; see route.Fill.
	Ask func(context.Context, configs.Lookup, translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error)
	// OpenMailbox logs in upstream. Its error says what the device may be told.
	OpenMailbox func(context.Context, Request) (Mailbox, error)
	// OpenRelay logs in to the submission server. Its error says what the device may be
	// told.
	OpenRelay func(context.Context, Request) (Relay, error)
	// Devices are those that operators have added to an account, by name; nil: none are.
	Devices func(ctx context.Context, account string) ([]string, error)
	// Extensions is what the submission server of an upstream announces.
	Extensions func(context.Context, configs.Upstream) Extensions
	// Sent keeps copies of sent mail; nil: none are.
	Sent Sent
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
	// Troubles hears what goes wrong for devices; nil: nobody remembers it.
	Troubles func(Trouble)
	// Trail hears who does what; nil: nobody writes it down.
	Trail Trail
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
