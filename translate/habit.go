package translate

import (
	"encoding/json"
	"time"
)

// Habit is what is known of how a device logs in: since when it is watched, and the longest
// gap between two logins that ended on each of the last days. Its zero value knows nothing.
type Habit struct {
	Since int64           `json:"since"` // the day on which it was first seen, since 1970
	Gaps  map[int64]int64 `json:"gaps"`  // by day: seconds
}

const (
	// habitDays is how many days are looked back on: what a device does on weekends alone
	// is seen twice.
	habitDays = 14
	// habitLearned is how many have to be known before anything is expected: a device that
	// rests at night or on weekends has done so once.
	habitLearned = 8
	// leastHabit is the shortest time that is expected by habit.
	leastHabit = 10 * time.Minute
)

// ParseHabit reads what String has written; what cannot be read is a Habit that knows
// nothing.
func ParseHabit(text string) (h Habit) {
	if json.Unmarshal([]byte(text), &h) != nil {
		return Habit{}
	}
	return h
}

// String is the Habit as the ledger keeps it.
func (h Habit) String() string {
	text, err := json.Marshal(h)
	if err != nil {
		return ""
	}
	return string(text)
}

func dayOf(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// Saw gives the Habit with a login that came so long after the one before it; a gap of 0
// says nothing but that the device is there. What is older than two weeks is forgotten.
func (h Habit) Saw(at time.Time, gap time.Duration) Habit {
	today := dayOf(at)
	next := Habit{Since: h.Since, Gaps: make(map[int64]int64, len(h.Gaps)+1)}
	if next.Since == 0 || next.Since > today {
		next.Since = today
	}
	for day, longest := range h.Gaps {
		if day > today-habitDays && day <= today {
			next.Gaps[day] = longest
		}
	}
	next.Gaps[today] = max(next.Gaps[today], int64(gap.Seconds()))
	return next
}

// Expects is half as long again as the longest gap of the last two weeks; false where
// the device is not known for long enough.
func (h Habit) Expects(now time.Time) (time.Duration, bool) {
	if h.Since == 0 || dayOf(now)-h.Since < habitLearned {
		return 0, false
	}
	var longest int64
	for _, gap := range h.Gaps {
		longest = max(longest, gap)
	}
	if longest == 0 {
		return 0, false
	}
	return max(time.Duration(longest)*time.Second*3/2, leastHabit), true
}
