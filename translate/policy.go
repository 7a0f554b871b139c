package translate

import (
	"fmt"
	"strings"
)

// TrashFull says what becomes of a message that Trash has no room for.
type TrashFull uint8

// What is done where Trash is over quota.
const (
	// TrashKeep leaves the message where it is, and QUIT says -ERR.
	TrashKeep TrashFull = iota
	// TrashExpunge removes it for good.
	TrashExpunge
)

var trashFullWords = []string{"keep", "expunge"}

// OnRetrieve says what becomes upstream of a message that a device has
// retrieved in full, with its terminator.
type OnRetrieve uint8

// What RETR leaves behind.
const (
	// RetrieveSeen sets \Seen, once, when the session ends.
	RetrieveSeen OnRetrieve = iota
	// RetrieveNothing leaves the message as it was.
	RetrieveNothing
)

var onRetrieveWords = []string{"seen", "nothing"}

// Lock is what one session holds exclusively while it lasts (RFC 1939 §4).
type Lock uint8

// The scopes of the maildrop lock.
const (
	// LockDevice lets each device of an account in once.
	LockDevice Lock = iota
	// LockAccount lets one session into an account, whatever the device.
	LockAccount
	// LockNone lets every session in; each has its own frozen view.
	LockNone
)

var lockWords = []string{"device", "account", "none"}

// String gives the operator's word.
func (f TrashFull) String() string { return trashFullWords[f] }

// String gives the operator's word.
func (r OnRetrieve) String() string { return onRetrieveWords[r] }

// String gives the operator's word.
func (l Lock) String() string { return lockWords[l] }

// MarshalText gives the operator's word.
func (f TrashFull) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText gives the operator's word.
func (r OnRetrieve) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalText gives the operator's word.
func (l Lock) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText takes one of keep, expunge.
func (f *TrashFull) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(f), string(text), trashFullWords)
}

// UnmarshalText takes one of seen, nothing.
func (r *OnRetrieve) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(r), string(text), onRetrieveWords)
}

// UnmarshalText takes one of account, device, none.
func (l *Lock) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(l), string(text), lockWords)
}

func unmarshalWord(dst *uint8, word string, words []string) error {
	for i, w := range words {
		if w == word {
			*dst = uint8(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not known; one of %s", word, strings.Join(words, ", "))
}

// Policy is what an operator's maildrop block asks of one session.
type Policy struct {
	OnDelete   OnDelete
	OnRetrieve OnRetrieve
	UniqueID   Format
	Order      Order
	StruckOut  StruckOut
	// MaxMessages is how many of the newest messages are seen; 0 is all.
	MaxMessages int
	// MaxOctets is the size beyond which a message is not listed; 0 is none.
	MaxOctets int64
}
