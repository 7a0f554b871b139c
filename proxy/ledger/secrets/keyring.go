package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeyOctets is the length of a key for secrets: AES-256.
const KeyOctets = 32

// ErrNoKey says that there is nothing to encrypt secrets with.
var ErrNoKey = errors.New(`state.secrets_key is not set, so no secret can be kept: make a key with "popbridge secrets key", best kept in a file that secrets_key_file names`)

// errOtherKey says that a secret was encrypted with a key that is not here.
var errOtherKey = errors.New("it was encrypted with a key that state.secrets_key does not contain; add that key on a line after the current one")

// errForged says that what is stored is not what was stored: AES-GCM proves
// the data, and that they stand in the row that they were written for.
var errForged = errors.New("what the ledger holds was damaged or changed")

// Keyring is the keys for secrets by their ids. The current one encrypts; all decrypt.
type Keyring struct {
	current string // empty: there is no key
	keys    map[string]cipher.AEAD
}

// NewKeyring takes keys of KeyOctets each, the current one first.
func NewKeyring(keys [][]byte) (Keyring, error) {
	r := Keyring{keys: make(map[string]cipher.AEAD)}
	for _, key := range keys {
		if len(key) != KeyOctets {
			return Keyring{}, fmt.Errorf("a key for secrets has %d octets; it must have %d", len(key), KeyOctets)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return Keyring{}, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return Keyring{}, err
		}
		id := keyID(key)
		if r.current == "" {
			r.current = id
		}
		r.keys[id] = aead
	}
	return r, nil
}

// ownKeyring is a Keyring for a ledger that ends with the process, and whose secrets
// nobody else has to read.
func ownKeyring() (Keyring, error) {
	key := make([]byte, KeyOctets)
	// crypto/rand.Read never fails (Go 1.24 and later).
	_, _ = rand.Read(key)
	return NewKeyring([][]byte{key})
}

// keyID names a key without telling anything of it.
func keyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("popbridge: the name of this key"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// Encrypt encrypts with the current key. What is encrypted is decrypted only with the same
// place, so that a row cannot be put in the place of another.
func (r Keyring) Encrypt(place, secret []byte) (id string, data []byte, err error) {
	if r.current == "" {
		return "", nil, ErrNoKey
	}
	return r.current, r.keys[r.current].Seal(nil, nil, secret, place), nil
}

// Decrypt is the other way.
func (r Keyring) Decrypt(id string, place, data []byte) ([]byte, error) {
	if r.current == "" {
		return nil, ErrNoKey
	}
	aead, ok := r.keys[id]
	if !ok {
		return nil, errOtherKey
	}
	secret, err := aead.Open(nil, nil, data, place)
	if err != nil {
		return nil, errForged
	}
	return secret, nil
}

// placeOf is the identity of a secret's row. Lengths keep ("ab", "c") and
// ("a", "bc") apart.
func placeOf(kind, account, name string) (place []byte) {
	for _, s := range []string{kind, account, name} {
		place = binary.BigEndian.AppendUint32(place, uint32(len(s)))
		place = append(place, s...)
	}
	return place
}

// Opens reports whether a row of the secrets is what was written there; known is false
// where its key is not among these, which tells nothing.
func (r Keyring) Opens(kind, account, name, id string, data []byte) (whole, known bool) {
	_, err := r.Decrypt(id, placeOf(kind, account, name), data)
	return err == nil, err == nil || errors.Is(err, errForged)
}
