package desk

import (
	"time"

	"github.com/emersion/go-imap/v2"
)

// Deletion is a line of the journal.
type Deletion struct {
	Line        int64     `json:"line"` // its number, for Undelete and what goes on behind it
	At          time.Time `json:"at"`
	Device      string    `json:"device"`
	Client      string    `json:"client"`
	Maildrop    string    `json:"maildrop"`
	Upstream    string    `json:"upstream"`
	Mailbox     string    `json:"mailbox"`
	UIDValidity uint32    `json:"uidvalidity"`
	UID         imap.UID  `json:"uid"`
	UniqueID    string    `json:"unique_id"`
	MessageID   string    `json:"message_id"`
	Octets      int64     `json:"octets"`
	Action      string    `json:"action"`
	To          string    `json:"to,omitempty"` // empty: the server did not say, or it stayed
	ToUID       imap.UID  `json:"to_uid,omitzero"`
	Restored    time.Time `json:"restored,omitzero"`
}

// Undeleted is what undelete says of one message.
type Undeleted struct {
	Deletion
	BroughtBack bool   `json:"brought_back"`
	Result      string `json:"result"`
	// Failed says that it could not be brought back, and Unopened that its mailbox was
	// not opened, which is told once for all in it.
	Failed   bool `json:"-"`
	Unopened bool `json:"-"`
}

// Restored is what became of messages that were to be brought back.
type Restored struct {
	Messages []Undeleted `json:"messages"`
	Failed   int         `json:"failed"`
	DryRun   bool        `json:"dry_run"`
	// Unopened are mailboxes that could not be opened, with why.
	Unopened []string `json:"unopened,omitempty"`
}
