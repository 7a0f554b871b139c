package desk

import (
	"time"

	"popbridge/translate"
)

// Device is a device of an account in one maildrop.
type Device struct {
	Device     string    `json:"device"`
	Maildrop   string    `json:"maildrop,omitempty"` // empty: it has never logged in
	Added      bool      `json:"added"`
	FirstLogin time.Time `json:"first_login,omitzero"`
	LastLogin  time.Time `json:"last_login,omitzero"`
	Hidden     int       `json:"hidden"`
	// LeftOut counts what it was not shown at its last login, by why; nil for nothing.
	LeftOut *translate.LeftOut `json:"left_out,omitempty"`
	// Expect is how often it is expected to log in: a duration, auto, or 0s where an operator
	// wants nothing expected; empty: nothing was said.
	Expect string `json:"expect,omitempty"`
	// Overdue is since when it is known to be overdue; zero where it is not.
	Overdue time.Time `json:"overdue_since,omitzero"`
	// Password is of the device's own, whatever the maildrop; nil for none.
	Password *Password `json:"password,omitempty"`
}

// Password is what may be seen of a device's own password.
type Password struct {
	Label    string    `json:"label,omitempty"`
	APOP     bool      `json:"apop"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"`
}

// DeviceName is a device as logins name it.
type DeviceName struct {
	Account string `json:"account"`
	Device  string `json:"device"`
}

// AddedDevice is a device that was added.
type AddedDevice struct {
	DeviceName
	// Password is given this once; empty where none was made.
	Password string `json:"password,omitempty"`
	// Remarks say what keeps the device out, or lets others in, all the same.
	Remarks []string `json:"remarks,omitempty"`
}

// RemovedDevice is a device that was taken off the list.
type RemovedDevice struct {
	DeviceName
	// LetIn says that it may log in all the same, with the account's password.
	LetIn bool `json:"let_in"`
}
