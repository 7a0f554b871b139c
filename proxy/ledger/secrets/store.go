// Package secrets keeps what nobody may read: secrets of accounts, encrypted under a
// keyring of the operator's, and the passwords that devices have of their own.
package secrets

import "popbridge/proxy/ledger/database"

// Store is the secrets of a database. It may be used by any number of goroutines.
type Store struct {
	db   *database.DB
	keys Keyring
}

// New gives the secrets of a database, under a keyring that may be empty: then nothing
// secret can be kept, but in a database that ends with the process, which gets a key
// that nobody else has to have.
func New(db *database.DB, keys Keyring) (*Store, error) {
	if keys.current == "" && !db.Durable() {
		var err error
		if keys, err = ownKeyring(); err != nil {
			return nil, err
		}
	}
	return &Store{db, keys}, nil
}
