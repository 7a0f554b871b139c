package proxy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"

	"popbridge/translate"
)

// verifiedMax is how many device passwords are known at the same time; each costs
// about 100 octets.
const verifiedMax = 100_000

// verified spares device passwords that have let somebody in the cost of PBKDF2.
// It holds no password: a keyed hash, whose key lasts as long as the process, leads
// to the StoredKey that the ledger has to hold still. So a password that was
// revoked is worth nothing here, and needs not be looked for.
type verified struct {
	key    [32]byte
	mu     sync.Mutex
	stored map[[sha256.Size]byte][sha256.Size]byte
}

func newVerified() *verified {
	v := &verified{stored: make(map[[sha256.Size]byte][sha256.Size]byte)}
	_, _ = rand.Read(v.key[:]) // never fails
	return v
}

func (v *verified) sum(account, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, v.key[:])
	for _, s := range []string{account, password} {
		mac.Write([]byte(s))
		mac.Write([]byte{0}) // neither can hold one
	}
	mac.Sum(sum[:0])
	return sum
}

// storedKey gives the StoredKey that a password makes.
func (v *verified) storedKey(account, password string, keys translate.Keyring) ([sha256.Size]byte, error) {
	sum := v.sum(account, password)
	v.mu.Lock()
	stored, ok := v.stored[sum]
	v.mu.Unlock()
	if ok {
		return stored, nil
	}
	made, err := translate.Verify(password, keys.Salt, keys.Iterations)
	return made.StoredKey, err
}

// keep remembers the StoredKey of a password that has let somebody in. Where there
// are too many, any other goes.
func (v *verified) keep(account, password string, stored [sha256.Size]byte) {
	sum := v.sum(account, password)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stored[sum] = stored
	for other := range v.stored {
		if len(v.stored) <= verifiedMax {
			return
		}
		if other != sum {
			delete(v.stored, other)
		}
	}
}
