package session

import (
	"crypto/tls"
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
	client := tls.Client(device, &tls.Config{InsecureSkipVerify: true})
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	shows := &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate(t)}}
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
