package translate

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// imapDate is how dates stand in a search (RFC 3501 §9, date-text).
const imapDate = "2-Jan-2006"

// searchDate is a day: one of the calendar, or so many days ago.
type searchDate struct {
	day string // as imapDate has it; empty: ago
	ago int
}

// String gives the operator's word.
func (d searchDate) String() string {
	if d.day != "" {
		return d.day
	}
	return strconv.Itoa(d.ago) + "d"
}

// on gives the day as a command has it. Which day it is now is up to the zone that now
// is in.
func (d searchDate) on(now time.Time) string {
	if d.day != "" {
		return d.day
	}
	return now.AddDate(0, 0, -d.ago).Format(imapDate)
}

func readSearchDate(w searchWord) (searchDate, error) {
	if digits, ok := strings.CutSuffix(w.text, "d"); ok {
		if n, err := strconv.ParseUint(digits, 10, 32); err == nil && n <= maxDays {
			return searchDate{ago: int(n)}, nil
		}
	}
	if day, err := time.Parse(imapDate, w.text); err == nil {
		return searchDate{day: day.Format(imapDate)}, nil
	}
	if day, err := time.Parse(time.DateOnly, w.text); err == nil {
		return searchDate{}, w.errorf("is no date of IMAP; write %s", day.Format(imapDate))
	}
	if _, err := strconv.ParseUint(w.text, 10, 32); err == nil {
		return searchDate{}, w.errorf("has no unit; write %sd, for days", w.text)
	}
	return searchDate{}, w.errorf("is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d")
}

// maxSearchSize is the largest number that every server takes (RFC 3501 §9, number).
const maxSearchSize = math.MaxUint32

// readSearchSize takes a size; behind are the words that follow it.
func readSearchSize(w searchWord, behind []searchWord) (s Size, err error) {
	if err := s.UnmarshalText([]byte(w.text)); err != nil {
		return 0, w.errorf(`is not a size; write a whole number with KB, MB or GB, such as 512KB`)
	}
	if len(behind) > 0 && slices.Contains([]string{"KB", "MB", "GB"}, behind[0].text) {
		return 0, w.errorf("stands apart from its unit; write %s%s", w.text, behind[0].text)
	}
	if s > maxSearchSize {
		return 0, w.errorf("is too large; a server can be asked for %d octets at most", int64(maxSearchSize))
	}
	return s, nil
}
