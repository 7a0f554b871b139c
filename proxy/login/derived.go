package login

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"popbridge/proxy/limiter"
	"popbridge/translate"
)

// derivedKeys spares device passwords that have let somebody in the cost of PBKDF2.
// It holds no password: a keyed hash, whose key lasts as long as the process, leads
// to the StoredKey that the ledger has to hold still. So a password that was
// revoked is worth nothing here, and needs not be looked for.
type derivedKeys struct {
	key    [32]byte
	mu     sync.Mutex
	stored limiter.Recent[[sha256.Size]byte, [sha256.Size]byte]
}

func newDerivedKeys() *derivedKeys {
	d := &derivedKeys{stored: limiter.NewRecent[[sha256.Size]byte, [sha256.Size]byte](remembered)}
	_, _ = rand.Read(d.key[:]) // never fails
	return d
}

// sum is the keyed hash of an account and a password.
func (d *derivedKeys) sum(account, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, d.key[:])
	for _, s := range []string{account, password} {
		mac.Write([]byte(s))
		mac.Write([]byte{0}) // neither can hold one
	}
	mac.Sum(sum[:0])
	return sum
}

// storedKey gives the StoredKey that a password makes.
func (d *derivedKeys) storedKey(account, password string, keys translate.Keyring) ([sha256.Size]byte, error) {
	sum := d.sum(account, password)
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
	sum := d.sum(account, password)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored.Put(sum, stored, 0, time.Hour)
}
