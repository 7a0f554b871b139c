package backend

import (
	"errors"
	"time"
)

// Trail is told who has done what, for somebody who has to answer for it later. It gets
// no content of a message and no password. It may be used by any number of goroutines.
type Trail interface {
	// On reports whether anything is written down.
	On() bool
	// Strict reports whether what cannot be written down must not be done.
	Strict() bool
	// Tell writes an event down. Its error is a Refusal, which only a Strict one gives.
	Tell(Event) error
}

// Event is a line of the trail. Its names are part of what operators rely on.
type Event struct {
	At   time.Time `json:"at"`
	Kind EventKind `json:"event"`
	// Account and Device are those of the mail; User is what a device called itself
	// whose login was refused.
	Account string `json:"account,omitempty"`
	Device  string `json:"device,omitempty"`
	User    string `json:"user,omitempty"`
	// By, Via and From are who has given a command, by what (command, api, page), and
	// from where.
	By   string `json:"by,omitempty"`
	Via  string `json:"via,omitempty"`
	From string `json:"from,omitempty"`
	// Act is what the command was, and Details are its words.
	Act     string            `json:"act,omitempty"`
	Details map[string]string `json:"details,omitempty"`

	Client   string `json:"client,omitempty"`
	Session  string `json:"session,omitempty"` // as the log calls it
	Listener string `json:"listener,omitempty"`
	TLS      bool   `json:"tls,omitempty"` // of a login, towards the device
	Upstream string `json:"upstream,omitempty"`
	Maildrop string `json:"maildrop,omitempty"`
	// What follows tells a message.
	Mailbox     string `json:"mailbox,omitempty"`
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	UID         uint32 `json:"uid,omitempty"`
	UniqueID    string `json:"unique_id,omitempty"`
	MessageID   string `json:"message_id,omitempty"`
	Octets      int64  `json:"octets,omitempty"`
	Lines       *int   `json:"lines,omitempty"`      // of TOP
	Recipients  int    `json:"recipients,omitempty"` // of a message that was sent
	Action      string `json:"action,omitempty"`     // what DELE does, as on_delete calls it
	To          string `json:"to,omitempty"`         // where a deleted message lies now
	ToUID       uint32 `json:"to_uid,omitempty"`

	Result string `json:"result,omitempty"`
	Code   string `json:"code,omitempty"` // what the device was told
	Cause  string `json:"cause,omitempty"`
	Lost   int    `json:"lost,omitempty"` // lines before this one that could not be written
}

// EventKind is what has happened.
type EventKind string

// The kinds of events. A RETR or TOP is written down before its first octet leaves for
// the device, and once more where it then broke off.
const (
	EventLogin   EventKind = "login"
	EventRefused EventKind = "login_refused"
	EventRETR    EventKind = "retr"
	EventTOP     EventKind = "top"
	EventDELE    EventKind = "dele" // of a QUIT, with what became of it
	EventSent    EventKind = "sent"
	EventAct     EventKind = "act"  // an operator's
	EventLost    EventKind = "lost" // lines could not be written
)

// The results of events.
const (
	ResultIntended = "intended" // about to be done, in a trail that is strict
	ResultDone     = "done"
	ResultRefused  = "refused"    // by the upstream, a rule, or the ledger; nothing was done
	ResultGone     = "gone"       // the message was no longer there
	ResultUnknown  = "unknown"    // it broke off; the account's next login finishes or drops it
	ResultBroken   = "broken off" // the device has part of it
	ResultFailed   = "failed"
)

// Audits reports whether there is anybody to Tell.
func (b Backend) Audits() bool { return b.Trail != nil && b.Trail.On() }

// AuditsStrictly reports whether what cannot be written down must not be done.
func (b Backend) AuditsStrictly() bool { return b.Audits() && b.Trail.Strict() }

// Tell writes an event down, with the time where it has none. See Trail.
func (b Backend) Tell(e Event) error {
	if !b.Audits() {
		return nil
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	return b.Trail.Tell(e)
}

// Act does what an operator has asked for, and writes down what became of it; in a trail
// that is strict first that it begins, or nothing is begun.
func (b Backend) Act(e Event, do func() error) error {
	if !b.Audits() {
		return do()
	}
	e.Kind = EventAct
	if b.Trail.Strict() {
		begins := e
		begins.Result = ResultIntended
		if err := b.Tell(begins); err != nil {
			return err
		}
	}
	err := do()
	return errors.Join(err, b.Tell(e.Ended(err)))
}

// Ended is an event with what became of it.
func (e Event) Ended(err error) Event {
	if e.Result = ResultDone; err != nil {
		e.Result, e.Cause = ResultFailed, err.Error()
	}
	return e
}
