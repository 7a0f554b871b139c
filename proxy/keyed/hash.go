// Package keyed makes hashes of secrets that can be remembered and compared, and are
// worth nothing outside of the process: their key dies with it.
package keyed

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// Sum is an HMAC-SHA256 (RFC 2104). Where it decides whether somebody is let in, compare
// it in constant time.
type Sum [sha256.Size]byte

// Hash has a key of its own. It may be used by any number of goroutines.
type Hash struct {
	key  [sha256.Size]byte
	macs sync.Pool // of hash.Hash with the key: to make one costs more than to use it
}

// New gives a Hash with a key that nobody knows.
func New() *Hash {
	h := new(Hash)
	_, _ = rand.Read(h.key[:]) // never fails (Go 1.24 and later)
	return h
}

// usual is how many octets parts have, with room to spare, that need no memory of their own.
const usual = 256

// Of is the Sum of parts. Others have another one, also such as make the same text when
// they are put together.
func (h *Hash) Of(parts ...string) (sum Sum) {
	mac, ok := h.macs.Get().(hash.Hash)
	if !ok {
		mac = hmac.New(sha256.New, h.key[:])
	}
	defer h.macs.Put(mac)
	mac.Reset()
	all := make([]byte, 0, usual)
	for _, part := range parts {
		all = append(binary.BigEndian.AppendUint64(all, uint64(len(part))), part...)
	}
	mac.Write(all)
	mac.Sum(sum[:0])
	return sum
}
