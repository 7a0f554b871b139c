package configs

import (
	"fmt"
	"time"
)

// Date is a day, which ends at midnight UTC; its zero value is none.
type Date struct{ time.Time }

// String gives the operator's word.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// MarshalText gives the operator's word.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes a day such as 2027-01-31, or nothing.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	at, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a day; write for example \"2027-01-31\"", text)
	}
	*d = Date{at}
	return nil
}
