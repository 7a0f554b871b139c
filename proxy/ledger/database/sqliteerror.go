package database

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// SQLite's result codes that an operator can do something about
// (https://www.sqlite.org/rescode.html).
const (
	sqliteBusy     = 5
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// damaged is what an operator is told about a file that cannot be trusted.
type damaged struct{ path, why string }

func (d *damaged) Error() string {
	return fmt.Sprintf("the ledger %s is damaged (%s): restore it from a backup, or move it away to begin anew; then messages that devices have hidden show again, and unique-ids that were imported or kept through a change of UIDVALIDITY are lost, so devices may download messages again", d.path, d.why)
}

// explainSQLite says what to do about an error of the driver.
func explainSQLite(path string, err error) error {
	var code *sqlite.Error
	var known *damaged
	if err == nil || errors.As(err, &known) || !errors.As(err, &code) {
		return err
	}
	switch code.Code() & 0xFF {
	case sqliteCorrupt:
		return &damaged{path: path, why: code.Error()}
	case sqliteNotADB:
		return fmt.Errorf("%s is not a ledger of popbridge, or is damaged at its beginning (%w): set state.source to another file, restore it from a backup, or move it away to begin anew", path, err)
	case sqliteFull:
		return fmt.Errorf("there is no room left for the ledger %s: %w", path, err)
	case sqliteReadOnly, sqliteCantOpen:
		return fmt.Errorf("the ledger %s and its folder must be writable for popbridge's user: %w", path, err)
	case sqliteIOErr:
		return fmt.Errorf("reading or writing the ledger %s: %w", path, err)
	case sqliteBusy:
		return fmt.Errorf("the ledger %s has been locked by another program for too long: %w", path, err)
	}
	return err
}
