package session

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/door"
)

// A session that is displaced is in the middle of something, and another goroutine must
// not write for it: TLS would say goodbye.
func TestTheDisplacedSayNothing(t *testing.T) {
	device, nc := net.Pipe()
	defer device.Close()
	config := &configs.Config{Limits: configs.Limits{IdleTimeout: time.Minute, LoginTimeout: time.Minute}}
	s := New(door.Env{Log: hclog.NewNullLogger(), Config: config, Began: time.Now()}, nc)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	client := tls.Client(device, &tls.Config{InsecureSkipVerify: true})
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	shows := &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	if err := s.conn.StartTLS(t.Context(), shows); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	go s.conn.displaced(hclog.NewNullLogger())()
	if n, err := device.Read(make([]byte, 100)); n > 0 || err == nil {
		t.Errorf("the device is told %d octets more, %v", n, err)
	}
}
