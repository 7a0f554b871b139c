package session

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/maildrop"
	"popbridge/tests/liars"
)

type nobody struct{ door.Host }

func (nobody) Entered(string) {}

// resting gives a session whose device has been silent for a while, and its device.
func resting(t *testing.T, patience time.Duration, over *tls.Config) (*Session, net.Conn) {
	t.Helper()
	one, nc := liars.Pair(t)
	var device net.Conn = one
	s := New(door.Env{
		Log: hclog.NewNullLogger(), Config: &configs.Config{Limits: configs.Limits{IdleTimeout: idleAfter + patience, LoginTimeout: time.Minute, BadCommands: 9}},
		Began: time.Now(), Context: t.Context(), Host: nobody{}, Meter: backend.NoMeter{},
	}, nc)
	if over != nil {
		device = tls.Client(device, &tls.Config{InsecureSkipVerify: true})
		shaken := make(chan error, 1)
		go func() { shaken <- device.(*tls.Conn).Handshake() }()
		if err := s.conn.StartTLS(t.Context(), over); err != nil {
			t.Fatal(err)
		}
		if err := <-shaken; err != nil {
			t.Fatal(err)
		}
	}
	s.state, s.drop, s.begun, s.idle = transaction, &maildrop.Maildrop{}, true, true
	s.drop.Log = s.Log
	if !s.Run() {
		t.Fatal("the session does not rest")
	}
	return s, device
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}
}

// A device that goes on gets its answer, also where a command comes in pieces, some of it
// while the session rests, and where it says several things at once.
func TestRestEndsWithACommand(t *testing.T) {
	for name, over := range map[string]*tls.Config{"plain": nil, "TLS": {Certificates: []tls.Certificate{certificate(t)}}} {
		t.Run(name, func(t *testing.T) {
			s, device := resting(t, time.Minute, over)
			say := func(text string) {
				if _, err := io.WriteString(device, text); err != nil {
					t.Fatal(err)
				}
			}
			say("NO")
			door.Await(s.conn.raw)
			ended := make(chan bool, 1)
			go func() { ended <- !s.Run() }()
			say("OP\r\nNOOP\r\n")
			lines := bufio.NewReader(device)
			for range 2 {
				if line, err := lines.ReadString('\n'); line != "+OK\r\n" {
					t.Fatalf("%q, %v", line, err)
				}
			}
			_ = device.Close()
			if !<-ended || s.result != "no QUIT" {
				t.Errorf("the session has ended as %q", s.result)
			}
		})
	}
}

// A session that rests ends as one does that reads.
func TestRestEndsWithTheSession(t *testing.T) {
	for result, c := range map[string]struct {
		patience time.Duration
		happens  func(s *Session, device net.Conn)
	}{
		"idle timeout":        {time.Millisecond, func(*Session, net.Conn) {}},
		"no QUIT":             {time.Minute, func(_ *Session, device net.Conn) { _ = device.Close() }},
		"closed by popbridge": {time.Minute, func(s *Session, _ net.Conn) { _ = s.conn.raw.Close() }},
	} {
		t.Run(result, func(t *testing.T) {
			s, device := resting(t, c.patience, nil)
			waited, cancel := context.WithCancel(context.Background())
			go func() {
				defer cancel()
				door.Await(s.conn.raw)
			}()
			c.happens(s, device)
			<-waited.Done()
			if s.Run() || s.result != result {
				t.Errorf("the session has ended as %q", s.result)
			}
		})
	}
}
