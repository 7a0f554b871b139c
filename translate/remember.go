package translate

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/emersion/go-imap/v2"
)

// ContentKey tells messages apart by what they are rather than by where they
// lie, so that a unique-id is found again after a new UIDVALIDITY or a new UID.
// Copies of one message may have one key.
type ContentKey [16]byte

// EmailIDKey is the key of a server's EMAILID (RFC 8474 §5.1).
func EmailIDKey(emailID string) ContentKey { return contentKey("emailid", []byte(emailID)) }

// GmailKey is the key of Gmail's X-GM-MSGID.
func GmailKey(msgID uint64) ContentKey {
	return contentKey("gmail", binary.BigEndian.AppendUint64(nil, msgID))
}

// HeaderKey is the key of a message's identifying header fields, as HeaderFields
// gives them.
func HeaderKey(fields []byte) ContentKey { return contentKey("header", fields) }

// ReceivedKey tells a message whose content nobody has looked at yet by when it was
// received and how many octets it has: no more than a hint, since others may have both.
// It is the zero key where the server does not say.
func ReceivedKey(e Entry) ContentKey {
	if e.Received <= ReceivedNotSaid || e.Size == 0 {
		return ContentKey{}
	}
	return contentKey("received", binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(e.Received)), uint64(e.Size)))
}

// Number is a part of the key that is as good as the whole for the messages of one
// account; never 0.
func (k ContentKey) Number() uint64 { return binary.BigEndian.Uint64(k[:]) | 1 }

func contentKey(kind string, data []byte) (key ContentKey) {
	h := sha256.New()
	h.Write([]byte(kind + "\x00"))
	h.Write(data)
	copy(key[:], h.Sum(nil))
	return key
}

// Intent is a Plan as it is written down before its first op, so that the next
// login can settle what a crash has interrupted.
type Intent struct {
	UIDValidity uint32
	// UIDNext is the mailbox's when the plan was made. A lower one at the time
	// of settling means that UIDs are given again.
	UIDNext imap.UID
	Plan    Plan
	// Marks are the messages that the plan deletes or hides: nothing of it is
	// carried out later where one of them is another by then.
	Marks []Mark
	// Refused says that no crash has interrupted it: the upstream has refused this much
	// of a plan, after something had been done with its messages.
	Refused bool `json:",omitempty"`
	// Deletions are what the journal will say when the plan is done; none where
	// no journal is kept.
	Deletions []Deletion
}

// Deletion is one line of the journal: what became of a message that a device
// has marked.
type Deletion struct {
	At          time.Time
	Device      string
	Client      string // network address
	UIDValidity uint32
	UID         imap.UID
	UniqueID    string
	MessageID   string // with its angle brackets, empty where there is none
	Octets      int64
	Action      OnDelete
	// To, ToValidity and ToUID are where the message lies now, as far as the
	// server has said (COPYUID); To is empty for expunge, flag and hide.
	To         string
	ToValidity uint32
	ToUID      imap.UID
}

// Span says with which format messages were first served: those from a UID
// upwards, up to the next Span. A changed unique_id applies to new messages only.
type Span struct {
	From   imap.UID
	Format Format
}

// Remembered is one message of an earlier time, as Relink needs it.
type Remembered struct {
	UID imap.UID
	// Octets are the upstream's RFC822.SIZE; 0 where only measured octets are
	// remembered, which the upstream does not know.
	Octets   int64
	UniqueID string
	Key      ContentKey // the zero key: not known
	// Order is its place among those that devices have seen, where that is not the
	// order of UIDs; else 0.
	Order int
}

// Link says that a message under a new UID is the one that had an old UID.
type Link struct {
	Old, New imap.UID
	UniqueID string
	// Order is the place that devices have seen it at, where that is not the order
	// of old UIDs; else 0.
	Order int
	// Place is its place among the messages of all mailboxes that a maildrop shows; 0
	// where there is one, or none is known.
	Place int
	// Unplaced says that devices have seen it among the messages of other mailboxes, where
	// the policy has told its place and still does.
	Unplaced bool
}
