package login

import (
	"crypto/sha256"
	"sync"
	"time"

	"popbridge/proxy/keyed"
	"popbridge/proxy/limiter"
	"popbridge/translate"
)

// derivedKeys spares device passwords that have let somebody in the cost of PBKDF2.
// It holds no password: a keyed hash, whose key lasts as long as the process, leads
// to the StoredKey that the ledger has to hold still. So a password that was
// revoked is worth nothing here, and needs not be looked for.
type derivedKeys struct {
	hash   *keyed.Hash
	mu     sync.Mutex
	stored limiter.Recent[keyed.Sum, [sha256.Size]byte]
}

func newDerivedKeys() *derivedKeys {
	return &derivedKeys{hash: keyed.New(), stored: limiter.NewRecent[keyed.Sum, [sha256.Size]byte](remembered)}
}

// storedKey gives the StoredKey that a password makes.
func (d *derivedKeys) storedKey(account, password string, keys translate.Keyring) ([sha256.Size]byte, error) {
	sum := d.hash.Of(account, password)
	d.mu.Lock()
	stored, ok := d.stored.Get(sum, 0, time.Hour)
	d.mu.Unlock()
	if ok {
		return stored, nil
	}
	made, err := translate.Verify(password, keys.Salt, keys.Iterations)
	return made.StoredKey, err
}

// keep remembers the StoredKey of a password that has let somebody in.
func (d *derivedKeys) keep(account, password string, stored [sha256.Size]byte) {
	sum := d.hash.Of(account, password)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored.Put(sum, stored, 0, time.Hour)
}
