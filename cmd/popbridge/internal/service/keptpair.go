package service

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"popbridge/configs"
)

// keptPair is a certificate that is read again when its files have changed: a renewed one
// is in use without a reload. One that cannot be used leaves the old one.
type keptPair struct {
	files configs.KeyPair

	mu     sync.Mutex
	pair   *tls.Certificate
	read   time.Time // when its files had last changed then
	looked time.Time
}

// lookAgain is how often the files are looked at.
const lookAgain = 5 * time.Second

func newKeptPair(files configs.KeyPair) (*keptPair, error) {
	k := &keptPair{files: files, read: changedAt(files), looked: time.Now()}
	pair, err := files.Load()
	k.pair = &pair
	return k, err
}

func (k *keptPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := time.Now(); now.Sub(k.looked) >= lookAgain {
		k.looked = now
		if changed := changedAt(k.files); !changed.Equal(k.read) {
			if pair, err := k.files.Load(); err == nil {
				k.pair, k.read = &pair, changed
			}
		}
	}
	return k.pair, nil
}

// changedAt is when the later of both files has changed.
func changedAt(files configs.KeyPair) (at time.Time) {
	for _, file := range []string{files.Certificate, files.Key} {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}
