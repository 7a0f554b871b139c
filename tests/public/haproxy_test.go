package public_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// balancer is an HAProxy that leads each of its ports to a listener.
type balancer struct {
	addresses []string
	said      *bytes.Buffer
}

// route is one port of a balancer.
type route struct {
	listen string // the address that devices connect to
	to     string
	send   string // send-proxy, send-proxy-v2, or nothing
}

// haproxy runs HAProxy over sockets that are open already, so that no port is
// guessed.
func haproxy(t *testing.T, routes ...route) *balancer {
	t.Helper()
	dir, b := t.TempDir(), &balancer{said: &bytes.Buffer{}}
	var config strings.Builder
	fmt.Fprintf(&config, "global\n\tmaxconn 200\ndefaults\n\tmode tcp\n\ttimeout connect %[1]d\n\ttimeout client %[1]d\n\ttimeout server %[1]d\n", patience.Milliseconds())
	path := filepath.Join(dir, "haproxy.cfg")
	cmd := exec.Command("/usr/sbin/haproxy", "-db", "-f", path)
	cmd.Stdout, cmd.Stderr = b.said, b.said
	for i, r := range routes {
		l, err := net.Listen("tcp", r.listen)
		if err != nil {
			t.Fatal(err)
		}
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		b.addresses = append(b.addresses, l.Addr().String())
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
		fmt.Fprintf(&config, "listen l%d\n\tbind fd@%d\n\tserver s %s %s\n", i, 3+i, r.to, r.send)
		defer l.Close()
		defer file.Close()
	}
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("HAProxy (tests/install brings it): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("HAProxy said:\n%s", b.said)
		}
	})
	return b
}

// TestBehindHAProxy: with either version of the header, over IPv4 and IPv6, in
// plain text and within TLS, the address that counts is the device's.
func TestBehindHAProxy(t *testing.T) {
	t.Parallel()
	b := start(t, bridge.Demo(t, 3), `, proxy_protocol: [127.0.0.1], plaintext_networks: [127.0.0.0/8, "::1"], deny: [127.0.66.0/24]`, `limits: {connections_per_ip: 2}`)
	plain, implicit := b.Address("pop3"), b.Address("tls")
	lb := haproxy(t,
		route{"127.0.0.1:0", plain, "send-proxy"}, route{"127.0.0.1:0", plain, "send-proxy-v2"},
		route{"[::1]:0", plain, "send-proxy"}, route{"[::1]:0", plain, "send-proxy-v2"},
		route{"127.0.0.1:0", implicit, "send-proxy"}, route{"127.0.0.1:0", implicit, "send-proxy-v2"},
		route{"127.0.0.1:0", plain, ""},
	)
	for i, address := range lb.addresses[:6] {
		client := fmt.Sprintf("127.0.5.%d", i+1)
		if strings.HasPrefix(address, "[") {
			client = "::1"
		}
		nc := net.Conn(bridge.Connect(t, client, address))
		if i >= 4 {
			nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
		}
		c := bridge.Use(t, nc)
		c.Expect("+OK")
		c.OK("USER " + user)
		c.OK("PASS " + password)
		c.Message("RETR 1")
		c.Quit()
		b.AwaitLine("login:", "client="+client+" ", "account="+user)
	}
	// Three from one device are one too many, whoever else comes by the same way.
	for _, client := range []string{"127.0.6.1", "127.0.6.1", "127.0.6.2"} {
		bridge.Use(t, bridge.Connect(t, client, lb.addresses[0])).Expect("+OK")
	}
	bridge.Use(t, bridge.Connect(t, "127.0.6.1", lb.addresses[1])).Expect("-ERR [SYS/TEMP] too many connections")
	if rest := bridge.Use(t, bridge.Connect(t, "127.0.66.1", lb.addresses[0])).Rest(); rest != "" {
		t.Errorf("a denied device was told %q", rest)
	}
	b.AwaitLine("connection refused", "client=127.0.66.1 ", "allow and deny")
	// A load balancer that was not told to send a header gets nothing.
	nc := bridge.Connect(t, "127.0.6.3", lb.addresses[6])
	c := bridge.Use(t, nc)
	c.Send("USER alice@example.org\r\nPASS wonderland\r\n")
	if rest := c.Rest(); rest != "" {
		t.Errorf("without a header: %q", rest)
	}
	b.AwaitLine("proxy_protocol's networks was refused", "does not begin with a PROXY header")
	// Whoever is no load balancer may come directly, and may not send one.
	bridge.Use(t, bridge.Connect(t, "127.0.7.1", plain)).Expect("+OK")
	forger := bridge.Use(t, bridge.Connect(t, "127.0.7.2", plain))
	forger.Expect("+OK")
	forger.Send("PROXY TCP4 127.0.0.9 127.0.0.1 40000 110\r\nUSER " + user + "\r\n")
	if rest := forger.Rest(); rest != "" {
		t.Errorf("a forged header was answered with %q", rest)
	}
	b.AwaitLine("client=127.0.7.2 ", "proxy_protocol does not name")
}

// TestAHeaderThatDoesNotCome: the time for it is part of login_timeout, and what
// trickles in does not extend it.
func TestAHeaderThatDoesNotCome(t *testing.T) {
	t.Parallel()
	b := start(t, bridge.Demo(t, 3), `, proxy_protocol: [127.0.0.0/8]`, `limits: {login_timeout: 2s}`)
	type silence struct{ listener, begin, want string }
	var silences []silence
	for _, listener := range []string{"pop3", "tls"} {
		for _, begin := range []string{"", "PROXY TCP4 127.0.0.9 127.0", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f"} {
			silences = append(silences, silence{listener, begin, ""})
		}
	}
	// Behind a good header the same time goes on, through the handshake too.
	const header = "PROXY TCP4 127.0.0.9 127.0.0.1 40000 110\r\n"
	silences = append(silences, silence{"tls", header, ""}, silence{"pop3", header, "+OK popbridge ready\r\n-ERR login took too long\r\n"})
	clients := make([]*bridge.Client, len(silences))
	for i, s := range silences {
		clients[i] = bridge.Use(t, bridge.Connect(t, "127.0.0.1", b.Address(s.listener)))
		clients[i].Send(s.begin)
	}
	for i, s := range silences {
		if rest := clients[i].Rest(); rest != s.want {
			t.Errorf("%s: %q and silence was answered with %q", s.listener, s.begin, rest)
		}
	}
}
