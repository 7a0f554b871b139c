package database

import (
	"errors"

	"popbridge/translate"
)

var (
	// ErrUnknown says that the ledger has nothing of that name.
	ErrUnknown = errors.New("it is not in the ledger")

	// ErrNeedsDisk refuses what other processes would have to see.
	ErrNeedsDisk = errors.New(`state.driver is "memory": this needs a ledger on disk, sqlite or postgres`)

	// ErrDamaged says that octets in the database are not what was written there.
	ErrDamaged = errors.New("a row of the ledger is damaged; restore the ledger from a backup")

	// ErrChanged says that another session wrote between two statements. It leaves the
	// ledger only by way of Retry.
	ErrChanged = errors.New("the ledger was changed by another session at this moment")
)

// IsDamage reports whether what was read is not what was written.
func IsDamage(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, translate.ErrSnapshot)
}
