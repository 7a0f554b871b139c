package public_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"testing"

	"popbridge/tests/bridge"
)

// TestFlood: 2,000 connections that say nothing, or nothing but the beginning of
// a TLS handshake, from 80 addresses, where 1,500 are allowed; more come while
// honest devices log in. The oldest of those that say nothing make room.
func TestFlood(t *testing.T) {
	t.Parallel()
	const idle, more, addresses = 2000, 1000, 80
	b := start(t, bridge.Demo(t, 3), "", `limits: {connections: 1500, connections_per_ip: 50}`)
	var mu sync.Mutex
	var conns []net.Conn
	defer func() {
		for _, nc := range conns {
			_ = nc.Close()
		}
	}()
	flood := func(i int) {
		listener, begin := "pop3", ""
		switch i % 4 {
		case 1:
			listener = "tls"
		case 2:
			listener, begin = "tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
		case 3:
			begin = "USER al"
		}
		n := i % addresses
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 3, byte(n/8), byte(1+n%8))}, Timeout: patience}
		nc, err := d.Dial("tcp", b.Address(listener))
		if err != nil {
			t.Errorf("connection %d of the flood: %v", i, err)
			return
		}
		_, _ = nc.Write([]byte(begin))
		mu.Lock()
		conns = append(conns, nc)
		mu.Unlock()
	}
	var first, second sync.WaitGroup
	for w := range 4 {
		first.Go(func() {
			for i := w; i < idle; i += 4 {
				flood(i)
			}
		})
	}
	first.Wait()
	b.AwaitLine("make room")
	second.Go(func() {
		for i := range more {
			flood(i)
		}
	})
	for i := range 20 {
		nc := net.Conn(bridge.Connect(t, fmt.Sprintf("127.6.0.%d", i+1), b.Address([]string{"pop3", "tls"}[i%2])))
		if i%2 == 1 {
			nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
		}
		c := bridge.Use(t, nc)
		c.Expect("+OK")
		c.OK("USER " + user)
		c.OK("PASS " + password)
		c.Message("RETR 1")
		c.Quit()
	}
	second.Wait()
}
