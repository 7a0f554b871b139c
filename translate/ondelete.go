package translate

import (
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// OnDelete says what becomes upstream of a message that a device marked with
// DELE. It is carried out at QUIT, never before (RFC 1939 §6).
type OnDelete uint8

// The five ways to honour DELE. What each means is in the table below, and nowhere
// else.
const (
	DeleteTrash OnDelete = iota
	DeleteExpunge
	DeleteArchive
	DeleteFlag
	DeleteHide
)

// honour is one way to honour DELE.
type honour struct {
	word string // the operator's
	// text says what becomes of the message, as the end of a sentence about it. The
	// name of a target follows.
	text string
	// target is the special use of the mailbox that the message is moved to; empty:
	// it is not moved.
	target imap.MailboxAttr
	// final says that what lies in the target already is removed for good.
	final bool
	// stays says that the message stays in its mailbox.
	stays bool
	// keyword is set on a message that stays, so that no device sees it again,
	// whatever its own policy; empty: the message is not touched, and only the device
	// that has deleted it does not see it again, which the ledger remembers.
	keyword imap.Flag
}

var honours = [...]honour{
	DeleteTrash:   {word: "trash", text: "is moved to", target: imap.MailboxAttrTrash, final: true},
	DeleteExpunge: {word: "expunge", text: "is removed for good"}, // \Deleted, then UID EXPUNGE
	DeleteArchive: {word: "archive", text: "is moved to", target: imap.MailboxAttrArchive},
	DeleteFlag:    {word: "flag", text: "stays, and no device sees it again", stays: true, keyword: KeywordDeleted},
	DeleteHide:    {word: "hide", text: "stays, and its device alone does not see it again", stays: true},
}

// OnDeletes are all ways, in the order of their values.
func OnDeletes() []OnDelete {
	all := make([]OnDelete, len(honours))
	for i := range all {
		all[i] = OnDelete(i)
	}
	return all
}

// String gives the operator's word.
func (d OnDelete) String() string { return honours[d].word }

// Describe says what becomes of a deleted message, as the end of a sentence about
// it. target is the name of the mailbox that it is moved to, where an operator has
// given one; without it the mailbox is found by its special use.
func (d OnDelete) Describe(target string) string {
	how := honours[d]
	switch {
	case how.target == "":
		return how.text
	case target == "":
		return how.text + " the mailbox with the special use " + string(how.target)
	}
	return fmt.Sprintf("%s %q", how.text, target)
}

// Target is the special use of the mailbox that messages are moved to; empty where
// they are not moved.
func (d OnDelete) Target() imap.MailboxAttr { return honours[d].target }

// Stays reports whether messages stay in their mailbox, so that there is nothing to
// bring back.
func (d OnDelete) Stays() bool { return honours[d].stays }

// Gone reports whether messages are removed for good, so that nothing brings them
// back.
func (d OnDelete) Gone() bool { return !honours[d].stays && honours[d].target == "" }

// Keyword is what is set on a message that stays; empty where it is not touched.
func (d OnDelete) Keyword() imap.Flag { return honours[d].keyword }

// Touches reports whether anything is done upstream.
func (d OnDelete) Touches() bool { return !honours[d].stays || honours[d].keyword != "" }

// OnOldServer is the way as an old POP3 server can carry it out, which can only
// remove: what touches nothing upstream needs nothing of it.
func (d OnDelete) OnOldServer() OnDelete {
	if d.Touches() {
		return DeleteExpunge
	}
	return d
}

// MarshalText gives the operator's word.
func (d OnDelete) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes one of the operator's words.
func (d *OnDelete) UnmarshalText(text []byte) error {
	words := make([]string, len(honours))
	for i, h := range honours {
		words[i] = h.word
	}
	return unmarshalWord((*uint8)(d), string(text), words)
}
