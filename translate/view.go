package translate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Days is how far back something reaches; 0 is without end. In a configuration
// it is "all", or a number of days such as "30d".
type Days int

// maxDays bounds Days; it is about a hundred years.
const maxDays = 36500

// String gives the operator's word.
func (d Days) String() string {
	if d == 0 {
		return "all"
	}
	return strconv.Itoa(int(d)) + "d"
}

// MarshalText gives the operator's word.
func (d Days) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes "all" or a number of days such as "30d".
func (d *Days) UnmarshalText(text []byte) error {
	if string(text) == "all" {
		*d = 0
		return nil
	}
	digits, ok := strings.CutSuffix(string(text), "d")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > maxDays {
		return fmt.Errorf(`%q is neither "all" nor a number of days such as "30d"`, text)
	}
	*d = Days(n)
	return nil
}

// FirstLogin is what a device gets that was never seen before: all there is,
// what comes from then on, or so many days.
type FirstLogin struct {
	New  bool
	Days Days
}

// String gives the operator's word.
func (f FirstLogin) String() string {
	if f.New {
		return "new"
	}
	return f.Days.String()
}

// MarshalText gives the operator's word.
func (f FirstLogin) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText takes "all", "new", or a number of days such as "30d".
func (f *FirstLogin) UnmarshalText(text []byte) error {
	if string(text) == "new" {
		*f = FirstLogin{New: true}
		return nil
	}
	var days Days
	if err := days.UnmarshalText(text); err != nil {
		return fmt.Errorf(`%q is none of "all", "new", or a number of days such as "30d"`, text)
	}
	*f = FirstLogin{Days: days}
	return nil
}

// Guard bounds how many messages one session may delete. The zero Guard is off.
type Guard struct{ Marks, Percent int }

// String gives the operator's words.
func (g Guard) String() string {
	switch {
	case g.Marks > 0 && g.Percent > 0:
		return fmt.Sprintf("%d %d%%", g.Marks, g.Percent)
	case g.Marks > 0:
		return strconv.Itoa(g.Marks)
	case g.Percent > 0:
		return strconv.Itoa(g.Percent) + "%"
	}
	return "off"
}

// MarshalText gives the operator's words.
func (g Guard) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText takes "off", a number of messages, a percentage of the maildrop
// such as "50%", or both with a blank between.
func (g *Guard) UnmarshalText(text []byte) error {
	var guard Guard
	fail := fmt.Errorf(`%q is none of "off", a number of messages such as "100", a part of the maildrop such as "50%%", or both with a blank between`, text)
	words := strings.Fields(string(text))
	if len(words) == 1 && words[0] == "off" {
		*g = guard
		return nil
	}
	for _, w := range words {
		digits, percent := strings.CutSuffix(w, "%")
		n, err := strconv.Atoi(digits)
		switch {
		case err != nil, n < 1, percent && (n > 100 || guard.Percent > 0), !percent && guard.Marks > 0:
			return fail
		case percent:
			guard.Percent = n
		default:
			guard.Marks = n
		}
	}
	if guard == (Guard{}) {
		return fail
	}
	*g = guard
	return nil
}

// errGuarded is what an operator reads beside the counts.
var errGuarded = errors.New("delete_guard holds the session's deletions; nothing was deleted")

// Check refuses a session that has marked more than the guard allows.
func (g Guard) Check(marked, messages int) error {
	over := g.Marks > 0 && marked > g.Marks || g.Percent > 0 && marked*100 > messages*g.Percent
	if !over {
		return nil
	}
	return &Refusal{Code: CodeSysPerm, Text: "too many messages marked at once",
		Err: fmt.Errorf("%w: %d of %d messages were marked, delete_guard is %q", errGuarded, marked, messages, g)}
}

// Spans says with which format each message is served, so that a changed
// unique_id applies to new messages only. next is the mailbox's UIDNEXT, 0 where
// it is not known. It reports whether a span was added.
func Spans(known []Span, current Format, next imap.UID, entries []Entry) ([]Span, bool) {
	if len(known) == 0 {
		return []Span{{From: 1, Format: current}}, true
	}
	if known[len(known)-1].Format.String() == current.String() {
		return known, false
	}
	if next == 0 && len(entries) > 0 {
		next = entries[len(entries)-1].UID + 1
	}
	next = max(next, 1)
	spans := known
	if last := known[len(known)-1]; last.From >= next {
		spans = known[:len(known)-1] // nothing was ever served with it
	}
	return append(slices.Clip(spans), Span{From: next, Format: current}), true
}
