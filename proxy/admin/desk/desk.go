package desk

import (
	"context"
	"errors"
	"time"
)

// Desk is where operators ask and change things. Names of accounts and devices are taken
// as operators write them, and given as logins are read. Its errors are Faults where the
// question is at fault. It may be used by any number of goroutines.
type Desk interface {
	// Sessions are those of an account on every proxy, or where it is empty all.
	Sessions(ctx context.Context, account string) (Roll, error)
	// Kick ends the sessions of an account, or where device is not empty of that device.
	Kick(ctx context.Context, account, device string) (Kicked, error)

	// Accounts are those that have logged in, by name.
	Accounts(context.Context, AccountQuery) (AccountPage, error)
	// Account explains one.
	Account(ctx context.Context, account string) (Account, error)
	// Disable lets nobody log in to an account any more, as if the password were wrong, and
	// ends its sessions; reason is a note for operators. Enable takes that back.
	Disable(ctx context.Context, account, reason string) (Disabled, error)
	Enable(ctx context.Context, account string) (Enabled, error)
	// Deletions are lines of an account's journal, the newest last.
	Deletions(ctx context.Context, account string, q DeletionQuery) ([]Deletion, error)
	// Undelete brings back what the chosen lines of the journal tell of.
	Undelete(ctx context.Context, account string, u Undelete) (Restored, error)

	// Devices are those of an account, added or seen.
	Devices(ctx context.Context, account string) ([]Device, error)
	// AddDevice lets a device log in, with a password of its own if that is asked for.
	AddDevice(ctx context.Context, account, device string, n NewDevice) (AddedDevice, error)
	// RemoveDevice takes it off the list, and its password.
	RemoveDevice(ctx context.Context, account, device string) (RemovedDevice, error)
	// RevokeDevice takes its password alone, and ends its sessions.
	RevokeDevice(ctx context.Context, account, device string) (DeviceName, error)
}

// Kind is what is wrong with a question.
type Kind uint8

// The kinds of faults.
const (
	// Invalid could never be answered as it stands.
	Invalid Kind = iota
	// Unknown asks for what there is not.
	Unknown
	// Conflict cannot be done as things stand.
	Conflict
)

// Fault is an error that whoever asked can mend.
type Fault struct {
	Kind Kind
	Err  error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives what is wrong.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf gives the kind of a Fault; false for any other error.
func KindOf(err error) (Kind, bool) {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind, true
	}
	return 0, false
}

// AccountQuery chooses accounts.
type AccountQuery struct {
	Prefix string // their names begin with it; empty: all
	After  string // those behind this name alone
	Limit  int    // 0: no bound
}

// DeletionQuery chooses lines of a journal; its zero value chooses all.
type DeletionQuery struct {
	Since     time.Time
	MessageID string
	Device    *string // nil: of every device; empty: of logins that name none
	Last      int     // only so many, the newest; 0: no bound
	Before    int64   // only lines that were written before this one; 0: all
	Line      int64   // only this line; 0: all
}

// Undelete says what is to be brought back, and how its mailbox is come by.
type Undelete struct {
	DeletionQuery
	Password string // the account's, where its upstream wants one
	Login    string // another name to log in with upstream; empty: the account's
	DryRun   bool
}

// NewDevice says how a device is to be added.
type NewDevice struct {
	Password bool   `json:"password,omitempty"` // make one of its own
	APOP     bool   `json:"apop,omitempty"`     // keep it so that APOP and CRAM-MD5 work
	Label    string `json:"label,omitempty"`    // a note beside the password
	Expect   string `json:"expect,omitempty"`   // how often it is expected to log in: a duration, auto or 0s; empty leaves that as it is
}
