package backend

import (
	"io"

	"popbridge/configs"
	"popbridge/translate"
)

// Sent is where copies of sent mail wait to be put into their accounts' mailboxes.
type Sent interface {
	// Begin begins the copy of a message that is on its way.
	Begin(SentMail) (SentCopy, error)
}

// SentMail says whose a message is, and how its mailbox is come by.
type SentMail struct {
	Upstream  string // by its name in the configuration
	Host      string // of its server, where a directory has given one; host:port
	Account   string // the login there
	Owner     translate.Login
	Password  configs.Secret // empty where it is entered in another way
	Bearer    configs.Secret
	MessageID string
	Date      string // as the header has it
	Named     bool   // the device has given both: the same text is the same message
	Client    string
	Session   string // as the log calls it
}

// SentCopy is the copy of a message on its way. It ends with Drop, or with Accepted.
type SentCopy interface {
	io.Writer
	// Seal says that the message is whole, and that its text as the device sent it has
	// this digest. When it gives nil the copy outlives the process; whether the
	// upstream takes the message is not known yet.
	Seal(digest [32]byte) error
	// Accepted says that the upstream has the message: the copy is to be put into its
	// mailbox. given is the Message-ID that the upstream says it has given it, or empty.
	Accepted(given string)
	// Heard says, behind Accepted, that the device has heard of it: the same text once
	// more is another message. Missed says that it may not have heard of it, and may send
	// the same message again.
	Heard()
	Missed()
	// Drop says that the upstream does not have the message.
	Drop()
}
