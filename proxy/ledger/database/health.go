package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"popbridge/translate"
)

// complaintInterval is how often the log says that the database is gone.
const complaintInterval = time.Minute

// ofDatabase reports whether an error tells of the database itself: a row that is
// damaged is one account's trouble, sessions that write at the same time are
// nobody's, and a device that hangs up has only ended its own question. An operator
// has to be able to believe an ERROR.
func ofDatabase(err error) bool {
	for _, other := range []error{translate.ErrOvertaken, ErrChanged, ErrDamaged, translate.ErrSnapshot, sql.ErrNoRows, context.Canceled} {
		if errors.Is(err, other) {
			return false
		}
	}
	var refusal *translate.Refusal
	return err != nil && !errors.As(err, &refusal)
}

// Refusal makes a Refusal of what went wrong in the database, and sees to
// it that the log says so once a minute, not once a login.
func (d *DB) Refusal(err error) error {
	if err == nil {
		return nil
	}
	var refusal *translate.Refusal
	if errors.As(err, &refusal) {
		return err
	}
	refusal = translate.Temporary(fmt.Errorf("ledger: %w", d.Explain(err)))
	switch {
	case isLost(err):
		d.complain("the ledger is gone; logins and deletions are refused", err)
		refusal.Reported = true
	case ofDatabase(err):
		d.complain("the ledger does not answer; logins are refused until it does", refusal.Err)
		refusal.Reported = true
	case IsDamage(err):
		d.log("error", "what the ledger holds of an account is damaged; its login is refused", "driver", d.driver, "cause", err)
	}
	return refusal
}

func isLost(err error) bool {
	var lost *lostFile
	return errors.As(err, &lost)
}

// complain logs once a minute what is wrong with the ledger.
func (d *DB) complain(message string, cause error) {
	now, last := int64(time.Since(d.began))+1, d.complained.Load()
	if (last == 0 || time.Duration(now-last) >= complaintInterval) && d.complained.CompareAndSwap(last, now) {
		d.log("error", message, "driver", d.driver, "cause", cause)
	}
}

// Wrote takes note of how writing went. On a full disk everything can be read
// still, so after a failed write only a write ends the time of complaints.
func (d *DB) Wrote(err error) error {
	if err != nil && (!ofDatabase(err) || isLost(err)) {
		return err
	}
	d.unwritable.Store(err != nil)
	if err == nil {
		d.Answered()
	}
	return err
}

// Answered ends a time of complaints. What SQLite can read says nothing about a file
// that is no longer the one it has open.
func (d *DB) Answered() {
	if d.complained.Load() == 0 || d.unwritable.Load() {
		return
	}
	if file := d.file; file != nil && file.check() != nil {
		return
	}
	if d.complained.Swap(0) != 0 {
		d.log("info", "the ledger answers again", "driver", d.driver)
	}
}
