package setup

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"popbridge/configs"
)

// How an application at Microsoft proves itself.
const (
	proofSecret      = "secret"
	proofCertificate = "certificate"
)

const (
	// certificateYears is how long a certificate lasts that is made here. Entra takes
	// any; a client secret may last two years.
	certificateYears = 3
	// keyBits is the size of its key. Microsoft takes RSA keys from this on.
	keyBits = 2048
)

// SetCertificate takes the application's certificate and its key, which have to be
// there.
func SetCertificate(a *Answers, certificate, key string) error {
	if (certificate == "") != (key == "") {
		return errors.New("--client-certificate and --client-key go together")
	}
	if certificate == "" {
		return nil
	}
	if a.Proof == proofSecret {
		return errors.New("--client-certificate is given together with --proof secret; leave one of them out")
	}
	for _, path := range []*string{&certificate, &key} {
		var err error
		if *path, err = filepath.Abs(*path); err != nil { // the service runs elsewhere
			return err
		}
	}
	if _, err := (configs.OAuth2{ClientCertificate: certificate, ClientKey: key}).Certificate(); err != nil {
		return err
	}
	a.Proof, a.Certificate, a.Key = proofCertificate, certificate, key
	return nil
}

// ownPair names the pair that lies beside the configuration.
func (a Answers) ownPair() (certificate, key string) {
	return filepath.Join(a.Folder, "microsoft.pem"), filepath.Join(a.Folder, "microsoft.key")
}

// MakesCertificate reports whether the application's certificate is made here.
func (a Answers) MakesCertificate() bool {
	certificate, _ := a.ownPair()
	return a.Microsoft() && a.Certificate == certificate
}

// MakePair makes the certificate and its key where they are not there yet. A key that
// lacks its certificate, since a run was broken off, is used again. It tells what it has
// written.
func (a Answers) MakePair() (written []string, err error) {
	for _, file := range []struct {
		path string
		make func() ([]byte, error)
	}{{a.Key, newKey}, {a.Certificate, func() ([]byte, error) { return newCertificate(a.Key) }}} {
		if Exists(file.path) {
			continue
		}
		data, err := file.make()
		if err != nil {
			return written, err
		}
		whose, err := WriteNew(file.path, data)
		if err != nil {
			return written, err
		}
		written = append(written, fmt.Sprintf("%s is written (%s)", file.path, whose))
	}
	return written, nil
}

// CopyPair copies a certificate and a key that lie elsewhere beside the configuration:
// where they are only root may be able to read them, and the service is not root. It
// tells what it has written.
func (a *Answers) CopyPair() (written []string, err error) {
	certificate, key := a.ownPair()
	for _, file := range []struct {
		path *string
		to   string
	}{{&a.Key, key}, {&a.Certificate, certificate}} {
		if *file.path == "" || filepath.Dir(*file.path) == a.Folder {
			continue
		}
		data, err := os.ReadFile(*file.path)
		if err != nil {
			return written, err
		}
		if there, err := os.ReadFile(file.to); err == nil && !bytes.Equal(there, data) {
			return written, fmt.Errorf("%s already exists and differs from %s; move it away, or leave --client-certificate and --client-key out", file.to, *file.path)
		} else if err != nil {
			whose, err := WriteNew(file.to, data)
			if err != nil {
				return written, err
			}
			written = append(written, fmt.Sprintf("%s is written, a copy of %s for the service to read (%s)", file.to, *file.path, whose))
		}
		*file.path = file.to
	}
	return written, nil
}

func newKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

// newCertificate is signed by the very key that it is for: Entra looks at nothing else.
func newCertificate(keyFile string) ([]byte, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not a key in PEM; move it away", keyFile)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is not an RSA key; move it away", keyFile)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "popbridge"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(certificateYears, 0, 0), // an hour for clocks that differ
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}
