package translate

import (
	"fmt"
	"time"
)

// Expect is how often a device is expected to log in. In a configuration it is a duration
// such as "1h", "auto" for what its habit tells, or "0s" for never; its zero value is never.
type Expect struct {
	Every time.Duration // at least one login in so long
	Auto  bool          // as its Habit has it; Every is 0 then
}

const (
	// minExpect is the shortest time: a device's logins are noted no more often than every
	// second.
	minExpect = time.Second
	// maxExpect is the longest; it is about ten years.
	maxExpect = 10 * 365 * 24 * time.Hour
	// maxPrecision is how exact a watched device's last login is kept at least.
	maxPrecision = 30 * time.Second
)

// Never reports whether nothing is expected.
func (e Expect) Never() bool { return e == Expect{} }

// String gives the operator's word.
func (e Expect) String() string {
	if e.Auto {
		return "auto"
	}
	return e.Every.String()
}

// MarshalText gives the operator's word.
func (e Expect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText takes a duration from a second to ten years, "auto" or "0s".
func (e *Expect) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*e = Expect{Auto: true}
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d != 0 && (d < minExpect || d > maxExpect) {
		return fmt.Errorf(`%q is neither a duration of a second or more, such as "1h", nor "auto", nor "0s" for never`, text)
	}
	*e = Expect{Every: d}
	return nil
}

// Number is the Expect as the ledger keeps it: milliseconds, 0 for never, -1 for auto.
func (e Expect) Number() int64 {
	if e.Auto {
		return -1
	}
	return e.Every.Milliseconds()
}

// ExpectOf is the Expect that has a Number.
func ExpectOf(number int64) Expect {
	if number < 0 {
		return Expect{Auto: true}
	}
	return Expect{Every: time.Duration(number) * time.Millisecond}
}

// Precision is how old what is known of a device's last login may be: one that comes sooner
// after the one before is not written down, so that a device which polls all the time costs
// few writes.
func (e Expect) Precision() time.Duration {
	if e.Auto {
		return maxPrecision
	}
	return min(e.Every/10, maxPrecision)
}

// Due is when a device is overdue that was last known to be well at a time; false where
// that cannot be said. It is later by Precision than what is expected, since the device may
// have logged in that much later than is known.
func (e Expect) Due(well time.Time, h Habit) (time.Time, bool) {
	every := e.Every
	if e.Auto {
		learned, ok := h.Expects(well)
		if !ok {
			return time.Time{}, false
		}
		every = learned
	}
	if every == 0 {
		return time.Time{}, false
	}
	return well.Add(every + e.Precision()), true
}
