package servers

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Ports are drawn from below the range that Linux gives to outgoing connections
// (32768 and up), so that none of those takes a port between the draw and the
// server's bind.
const firstPort, lastPort = 20000, 32000

// FreePorts are n different TCP ports on which nothing listens, neither on
// 127.0.0.1 nor on ::1.
func FreePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, 0, n)
	for tries := 0; len(ports) < n; tries++ {
		if tries > 10000 {
			t.Fatal("no free ports")
		}
		port := firstPort + rand.IntN(lastPort-firstPort)
		held := listen(port)
		if held == nil {
			continue
		}
		// They are held until all are drawn, which keeps them different.
		for _, l := range held {
			defer l.Close()
		}
		ports = append(ports, port)
	}
	return ports
}

// listen takes the port on all loopback addresses, or on none.
func listen(port int) []net.Listener {
	var held []net.Listener
	for _, host := range loopback() {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			for _, l := range held {
				l.Close()
			}
			return nil
		}
		held = append(held, l)
	}
	return held
}

// loopback are the machine's loopback addresses: 127.0.0.1, and ::1 if it is set up.
func loopback() []string {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return []string{"127.0.0.1"}
	}
	l.Close()
	return []string{"127.0.0.1", "::1"}
}

func local(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// greets waits for a greeting on every port, under TLS where the port begins so.
func (s *Server) greets() error {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return err
	}
	pool.AppendCertsFromPEM(pem)
	secure := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	for _, port := range []struct {
		addr, greeting string
		tls            *tls.Config
	}{
		{s.IMAP, "* OK", nil}, {s.IMAPS, "* OK", secure}, {s.POP3, "+OK", nil}, {s.POP3S, "+OK", secure},
	} {
		if port.addr == "" {
			continue
		}
		err := fmt.Errorf("not tried")
		for end := time.Now().Add(patience); err != nil && time.Now().Before(end); time.Sleep(pause) {
			if err = greeting(port.addr, port.greeting, port.tls); err != nil && s.fell() {
				return fmt.Errorf("it ended before it answered on %s", port.addr)
			}
		}
		if err != nil {
			return fmt.Errorf("no greeting on %s: %w", port.addr, err)
		}
	}
	return nil
}

func (s *Server) fell() bool {
	for _, g := range s.groups {
		if g.dead() {
			return true
		}
	}
	return false
}

func greeting(addr, want string, secure *tls.Config) error {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if secure != nil {
		conn = tls.Client(conn, secure)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, want) {
		return fmt.Errorf("greeted with %q", line)
	}
	return nil
}
