package abuse_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// TestBadCommands: three bad commands in a row close the connection before
// login, twenty after it; a good one begins the count anew.
func TestBadCommands(t *testing.T) {
	s := newStage(t, "limits: {connections_per_ip: 1000}")
	before := s.Descriptors()
	for _, bad := range []string{"FOO", "", "RETR", "PASS x", "AUTH PLAIN !", "\x01\x80"} {
		c := bridge.Dial(t, s.Address("pop3"))
		c.Err(bad)
		c.Err(bad)
		c.OK("CAPA")
		c.Body()
		for range 2 {
			if said := c.Err(bad); strings.Contains(said, "closed") {
				t.Errorf("%q: %q, and the connection is still open", bad, said)
			}
		}
		if said := c.Err(bad); !strings.HasSuffix(said, "; too many bad commands, the connection is closed") {
			t.Errorf("%q: the last refusal says %q", bad, said)
		}
		if rest := c.Rest(); rest != "" {
			t.Errorf("%q: behind the third bad command came %q", bad, rest)
		}
	}
	c := bridge.Login(t, s.Address("pop3"), user, password)
	for range 19 {
		c.Err("FOO")
	}
	c.OK("NOOP")
	// A message that is not there is no mistake of that kind.
	for range 25 {
		c.Err("RETR 99")
	}
	for range 20 {
		c.Err("FOO")
	}
	if rest := c.Rest(); rest != "" {
		t.Errorf("behind the twentieth bad command came %q", rest)
	}
	for _, begin := range []string{"", "USER " + user + "\r\nPASS " + password + "\r\n"} {
		nc := bridge.Connect(t, "", s.Address("pop3"))
		_, _ = io.WriteString(nc, begin+strings.Repeat("FOO\r\n", 10_000))
		if n := strings.Count(bridge.Everything(t, nc), "-ERR"); n > 20 {
			t.Errorf("10000 bad commands were answered %d times", n)
		}
	}
	c = bridge.Login(t, s.Address("pop3"), "alice+q@example.org", password)
	c.OK("DELE 1")
	c.Send("QUIT")
	c.Cut()
	s.settled(t, before)
	c = bridge.Login(t, s.Address("pop3"), "alice+q@example.org", password)
	if got := len(c.Lines("UIDL")); got != messages {
		t.Errorf("QUIT without its line end left %d of %d messages", got, messages)
	}
	c.Quit()
	s.settled(t, before)
}

// TestLoginTimeout: a connection that does not log in is closed, whatever it
// says meanwhile.
func TestLoginTimeout(t *testing.T) {
	s := newStage(t, "limits: {login_timeout: 1s}")
	before := s.Descriptors()
	c := bridge.Dial(t, s.Address("pop3"))
	c.Expect("-ERR login took too long")
	if rest := c.Rest(); rest != "" {
		t.Errorf("behind the refusal came %q", rest)
	}
	// Half a command, half a SASL dialogue, and a TLS handshake that never comes.
	for _, text := range []string{"USER ali", "AUTH PLAIN\r\n", "AUTH LOGIN\r\nYQ=="} {
		nc := bridge.Connect(t, "", s.Address("pop3"))
		_, _ = io.WriteString(nc, text)
		if said := bridge.Everything(t, nc); !strings.HasSuffix(said, "-ERR login took too long\r\n") {
			t.Errorf("%q and silence was answered with %q", text, said)
		}
	}
	for _, listener := range []string{"tls", "stls"} {
		nc := bridge.Connect(t, "", s.Address(listener))
		if listener == "stls" {
			_, _ = io.WriteString(nc, "STLS\r\n")
		}
		if said := bridge.Everything(t, nc); strings.Contains(said, "-ERR") {
			t.Errorf("%s: a handshake that never came was answered with %q", listener, said)
		}
	}
	// Commands do not extend it.
	nc := bridge.Connect(t, "", s.Address("pop3"))
	go func() {
		for {
			if _, err := io.WriteString(nc, "CAPA\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if said := bridge.Everything(t, nc); !strings.Contains(said, "CAPA") && !strings.Contains(said, "+OK") {
		t.Errorf("the device heard %q", said)
	}
	s.settled(t, before)
}

// TestDeviceThatDoesNotRead: a device that asks and asks and never takes an answer
// ends at login_timeout, in plain text, within TLS, and in the midst of its
// dialogue, however long idle_timeout is.
func TestDeviceThatDoesNotRead(t *testing.T) {
	s := newStage(t, "limits: {login_timeout: 1s, idle_timeout: 10m, connections_per_ip: 1000}")
	before := s.Descriptors()
	readsNothing := func(listener, begin, again string) {
		t.Helper()
		var nc net.Conn = bridge.Connect(t, "", s.Address(listener))
		_ = nc.(*net.TCPConn).SetReadBuffer(4096)
		if listener == "tls" {
			nc = tls.Client(nc, s.tls)
		}
		_, err := io.WriteString(nc, begin)
		for text := strings.Repeat(again, 2000); err == nil; {
			_, err = io.WriteString(nc, text)
		}
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: %.10q without end: the connection was not closed", listener, again)
		}
	}
	readsNothing("pop3", "", "CAPA\r\n")
	readsNothing("pop3", "USER "+user+"\r\n", "LANG\r\n")
	readsNothing("tls", "", "CAPA\r\n")
	s.settled(t, before)
}

// TestConnectionLimits: one address may not shut the others out, and all
// together have a limit too.
func TestConnectionLimits(t *testing.T) {
	s := newStage(t, `limits: {connections: 7, connections_per_ip: 3, connections_per_ip_exempt: ["127.0.9.0/24"]}`)
	before := s.Descriptors()
	from := func(ip string) (nc net.Conn, greeting string) {
		t.Helper()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
		nc, err := d.Dial("tcp", s.Address("pop3"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		_ = nc.SetDeadline(time.Now().Add(patience))
		buf := make([]byte, 512)
		n, err := nc.Read(buf)
		if err != nil {
			t.Fatalf("no greeting: %v", err)
		}
		return nc, string(buf[:n])
	}
	// A device that is logged in makes room for nobody.
	var open []net.Conn
	admitted := func(ip string) {
		t.Helper()
		nc, greeting := from(ip)
		if !strings.HasPrefix(greeting, "+OK") {
			t.Errorf("%s: %q, want to be let in", ip, greeting)
		}
		open = append(open, nc)
		c := bridge.Use(t, nc)
		c.OK(fmt.Sprintf("USER alice+l%d@example.org", len(open)))
		c.OK("PASS " + password)
	}
	refused := func(ip string) {
		t.Helper()
		nc, greeting := from(ip)
		if want := "-ERR [SYS/TEMP] too many connections, try again later\r\n"; greeting != want {
			t.Errorf("%s: %q, want %q", ip, greeting, want)
		}
		if rest := bridge.Everything(t, nc); rest != "" {
			t.Errorf("%s: behind the refusal came %q", ip, rest)
		}
	}
	for range 3 {
		admitted("127.0.0.1")
	}
	refused("127.0.0.1")
	admitted("127.0.0.2")
	for range 3 {
		admitted("127.0.9.1") // up to the seven in all
	}
	refused("127.0.0.3")
	refused("127.0.9.1")
	s.AwaitLine("connection refused", "limits.connections is reached")
	s.AwaitLine("connection refused", "limits.connections_per_ip is reached")
	for _, nc := range open {
		_ = nc.Close()
	}
	s.settled(t, before)
	for range 4 {
		admitted("127.0.9.1") // more than connections_per_ip
	}
	admitted("127.0.0.1")
}

// TestPipelining: every command of a segment is answered in its turn, across a
// login and a SASL dialogue too (RFC 2449 §6.6).
func TestPipelining(t *testing.T) {
	s := newStage(t, "")
	for i, login := range []string{
		"USER alice+p0@example.org\r\nPASS wonderland\r\n",
		"AUTH PLAIN " + b64("\x00alice+p1@example.org\x00wonderland") + "\r\n",
		"AUTH PLAIN\r\n" + b64("\x00alice+p2@example.org\x00wonderland") + "\r\n",
		"AUTH LOGIN\r\n" + b64("alice+p3@example.org") + "\r\n" + b64(password) + "\r\n",
		"FOO\r\nuser alice+p4@example.org\npass wonderland\n",
	} {
		nc := bridge.Connect(t, "", s.Address("pop3"))
		_, _ = io.WriteString(nc, login+"STAT\r\nLIST\r\nRETR 1\r\nRETR 99\r\nTOP 1 0\r\nDELE 1\r\nDELE 1\r\nRSET\r\nUIDL\r\nNOOP\r\nQUIT\r\nNOOP\r\n")
		var got strings.Builder
		said, multi := bridge.Everything(t, nc), false
		for line := range strings.Lines(said) {
			switch {
			case line == ".\r\n":
				multi = false
				got.WriteString(".")
			case multi:
			default:
				status, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				got.WriteString(status)
				multi = strings.HasSuffix(line, " octets\r\n") || strings.Contains(line, "follow") || strings.HasSuffix(line, "octets)\r\n") && strings.HasSuffix(got.String(), "+OK+OK+OK")
			}
		}
		want := "+OK+OK.+OK.-ERR+OK.+OK-ERR+OK+OK.+OK+OK"
		if !strings.HasSuffix(got.String(), want) {
			t.Errorf("login %d: the replies were %s, want …%s: %q", i, got.String(), want, said)
		}
	}
	s.healthy(t)
}
