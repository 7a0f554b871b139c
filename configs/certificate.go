package configs

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
)

// KeyPair names the files of a certificate chain and its private key, in PEM.
type KeyPair struct{ Certificate, Key string }

// The files that certbot and lego write, one folder for each name.
const (
	chainFile = "fullchain.pem"
	keyFile   = "privkey.pem"
)

// KeyPairs are all certificates of a listener, that of certificate and key first.
// Of certificates, a folder holds fullchain.pem and privkey.pem, as certbot
// writes them; a file holds both, as HAProxy reads them.
func (l Listener) KeyPairs() (pairs []KeyPair) {
	if l.Certificate != "" {
		pairs = append(pairs, KeyPair{l.Certificate, l.Key})
	}
	for _, path := range l.Certificates {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			pairs = append(pairs, KeyPair{filepath.Join(path, chainFile), filepath.Join(path, keyFile)})
		} else {
			pairs = append(pairs, KeyPair{path, path})
		}
	}
	return pairs
}

// Load reads the files. A pair that does not belong together is an error: so one
// that is half written never comes into use.
func (p KeyPair) Load() (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
	if err != nil {
		return pair, fmt.Errorf("certificate %s: %w", p.Certificate, err)
	}
	return pair, nil
}
