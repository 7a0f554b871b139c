package translate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// LeftOut counts the messages of a maildrop that a device is not shown, by why. Each is
// counted once, by the first reason in this order.
type LeftOut struct {
	// Unreadable are those that the server counts or names, and does not describe.
	Unreadable int `json:"unreadable,omitempty"`
	// Flagged are those that some device has deleted under on_delete = "flag".
	Flagged int `json:"flagged,omitempty"`
	// StruckOut are those that another program has marked as \Deleted.
	StruckOut int `json:"struck_out,omitempty"`
	// Hidden are those that this device has put away.
	Hidden int `json:"hidden,omitempty"`
	// Old are those that visible does not reach back to, or max_messages.
	Old int `json:"old,omitempty"`
	// TooLarge are those above max_size.
	TooLarge int `json:"too_large,omitempty"`
	// NotFound are those that the maildrop's search does not find.
	NotFound int `json:"not_found,omitempty"`
	// Repeated are copies of a message that is listed from another mailbox.
	Repeated int `json:"repeated,omitempty"`
}

// reasonLeftOut is one of the counts: its name in logs and JSON, and what people read.
type reasonLeftOut struct {
	name, words string
	n           int
}

func (o LeftOut) reasons() []reasonLeftOut {
	return []reasonLeftOut{
		{"unreadable", "not described by the upstream", o.Unreadable},
		{"flagged", "deleted by a device (" + string(KeywordDeleted) + ")", o.Flagged},
		{"struck_out", "marked \\Deleted by another program", o.StruckOut},
		{"hidden", "hidden from this device", o.Hidden},
		{"old", "too old (visible, max_messages)", o.Old},
		{"too_large", "too large (max_size)", o.TooLarge},
		{"not_found", "not found by the search", o.NotFound},
		{"repeated", "listed from another mailbox", o.Repeated},
	}
}

// Counts yields the names of the reasons for which any message is left out, with how many.
func (o LeftOut) Counts(yield func(why string, n int) bool) {
	for _, r := range o.reasons() {
		if r.n > 0 && !yield(r.name, r.n) {
			return
		}
	}
}

// Sum is how many are left out.
func (o LeftOut) Sum() (sum int) {
	for _, n := range o.Counts {
		sum += n
	}
	return sum
}

// String says how many are left out, and why; empty for none.
func (o LeftOut) String() string {
	var words []string
	for _, r := range o.reasons() {
		if r.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", r.n, r.words))
		}
	}
	return strings.Join(words, ", ")
}

// Plus adds up what is left out of two mailboxes.
func (o LeftOut) Plus(other LeftOut) LeftOut {
	return LeftOut{
		Unreadable: o.Unreadable + other.Unreadable, Flagged: o.Flagged + other.Flagged, StruckOut: o.StruckOut + other.StruckOut,
		Hidden: o.Hidden + other.Hidden, Old: o.Old + other.Old,
		TooLarge: o.TooLarge + other.TooLarge, NotFound: o.NotFound + other.NotFound, Repeated: o.Repeated + other.Repeated,
	}
}

// Encode gives the counts as the ledger keeps them: empty where nothing is left out, which
// is what a ledger has of devices that it has not counted for yet.
func (o LeftOut) Encode() string {
	if o == (LeftOut{}) {
		return ""
	}
	text, _ := json.Marshal(o) // a struct of numbers cannot fail
	return string(text)
}

// DecodeLeftOut reads what Encode gave. What cannot be read counts nothing: the device's
// next login counts anew.
func DecodeLeftOut(text string) (o LeftOut) {
	if json.Unmarshal([]byte(text), &o) != nil {
		return LeftOut{}
	}
	return o
}
