package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pires/go-proxyproto"

	"popbridge/configs"
)

// v2 makes a header of version 2 with so many octets of other things.
func v2(t testing.TB, source, destination net.Addr, extra int) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(2, source, destination)
	if extra > 0 {
		if err := h.SetTLVs([]proxyproto.TLV{{Type: 0xEE, Value: bytes.Repeat([]byte("x"), extra)}}); err != nil {
			t.Fatal(err)
		}
	}
	octets, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(octets)
}

func tcp(ip string) *net.TCPAddr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 1110} }

func TestOrigin(t *testing.T) {
	peer := netip.MustParseAddr("10.0.0.1")
	signature := string(proxyproto.SIGV2)
	for name, c := range map[string]struct {
		header, want string
		err          error
	}{
		"v1":                       {header: "PROXY TCP4 192.0.2.7 10.0.0.1 40000 110\r\n", want: "192.0.2.7"},
		"v1, IPv6":                 {header: "PROXY TCP6 2001:db8::7 2001:db8::1 40000 110\r\n", want: "2001:db8::7"},
		"v1, IPv4 in IPv6":         {header: "PROXY TCP6 ::ffff:192.0.2.7 ::ffff:10.0.0.1 40000 110\r\n", want: "192.0.2.7"},
		"v1, unknown":              {header: "PROXY UNKNOWN\r\n", want: "10.0.0.1"},
		"v1, unknown with the lot": {header: "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", want: "10.0.0.1"},
		"v1, the longest":          {header: "PROXY UNKNOWN " + strings.Repeat("f", 91) + "\r\n", want: "10.0.0.1"},
		"v1, too long":             {header: "PROXY UNKNOWN " + strings.Repeat("f", 92) + "\r\n", err: errLongHeader},
		"v1, cut":                  {header: "PROXY TCP4 192.0.2.7 10.0.", err: errCutHeader},
		"v1, cut early":            {header: "PROXY", err: errCutHeader},
		"v1, no CR":                {header: "PROXY TCP4 192.0.2.7 10.0.0.1 40000 110\n", err: proxyproto.ErrLineMustEndWithCrlf},
		"v1, no address":           {header: "PROXY TCP4 example 10.0.0.1 40000 110\r\n", err: proxyproto.ErrInvalidAddress},
		"v1, another family":       {header: "PROXY UDP4 192.0.2.7 10.0.0.1 40000 110\r\n", err: proxyproto.ErrCantReadAddressFamilyAndProtocol},
		"v2":                       {header: v2(t, tcp("192.0.2.7"), tcp("10.0.0.1"), 0), want: "192.0.2.7"},
		"v2, IPv6":                 {header: v2(t, tcp("2001:db8::7"), tcp("2001:db8::1"), 0), want: "2001:db8::7"},
		"v2 with more":             {header: v2(t, tcp("192.0.2.7"), tcp("10.0.0.1"), 3000), want: "192.0.2.7"},
		"v2 with too much":         {header: v2(t, tcp("192.0.2.7"), tcp("10.0.0.1"), 5000), err: errLongHeader},
		"v2, local":                {header: signature + "\x20\x00\x00\x00", want: "10.0.0.1"},
		"v2, local with addresses": {header: signature + "\x20\x11\x00\x0c\xc0\x00\x02\x07\x0a\x00\x00\x01\x9c\x40\x00\x6e", want: "10.0.0.1"},
		"v2, a socket of Unix":     {header: v2(t, &net.UnixAddr{Net: "unix", Name: "a"}, &net.UnixAddr{Net: "unix", Name: "b"}, 0), err: errNotTCP},
		"v2, UDP":                  {header: v2(t, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 7)}, &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1)}, 0), err: errNotTCP},
		"v2, cut":                  {header: signature + "\x21\x11\x00\x0c\xc0\x00", err: errCutHeader},
		"v2, cut early":            {header: signature + "\x21\x11", err: errCutHeader},
		"v2, too short":            {header: signature + "\x21\x11\x00\x04\xc0\x00\x02\x07", err: proxyproto.ErrInvalidLength},
		"v3":                       {header: signature + "\x31\x11\x00\x0c\xc0\x00\x02\x07\x0a\x00\x00\x01\x9c\x40\x00\x6e", err: proxyproto.ErrUnsupportedProtocolVersionAndCommand},
		"none":                     {header: "USER alice@example.org\r\n", err: errNoHeader},
		"TLS":                      {header: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on", err: errNoHeader},
		"nothing":                  {err: io.EOF},
	} {
		for pieces, split := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "octet by octet": iotest.OneByteReader} {
			rest := strings.NewReader(c.header + "CAPA\r\n")
			if strings.Contains(name, "cut") || name == "nothing" {
				rest.Reset(c.header)
			}
			got, err := origin(split(rest), peer)
			switch {
			case c.err != nil && !errors.Is(err, c.err):
				t.Errorf("%s, %s: %v, want %v", name, pieces, err, c.err)
			case c.err == nil && (err != nil || got.String() != c.want):
				t.Errorf("%s, %s: %v, %v, want %s", name, pieces, got, err, c.want)
			case c.err == nil && rest.Len() != len("CAPA\r\n"):
				t.Errorf("%s, %s: %d octets are left behind the header", name, pieces, rest.Len())
			}
		}
	}
}

func FuzzOrigin(f *testing.F) {
	f.Add([]byte("PROXY TCP6 2001:db8::7 2001:db8::1 40000 110\r\nCAPA\r\n"))
	f.Add([]byte(v2(f, tcp("192.0.2.7"), tcp("10.0.0.1"), 9) + "CAPA\r\n"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		r := bytes.NewReader(octets)
		if _, err := origin(r, netip.IPv6Unspecified()); err == nil && len(octets)-r.Len() > mostHeaderV2 {
			t.Errorf("%d octets were read", len(octets)-r.Len())
		}
	})
}

// behind makes the one listener take PROXY headers from loopback.
func behind(change func(*configs.Listener)) func(*configs.Config) {
	return func(c *configs.Config) {
		l := c.Listener["pop3"]
		l.ProxyProtocol = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		if change != nil {
			change(&l)
		}
		c.Listener["pop3"], c.Limits.ConnectionsPerIP = l, 2
	}
}

// The address that a load balancer tells is the one that passwords, networks and
// limits are judged by, and the upstream is told.
func TestTheTrueAddressCounts(t *testing.T) {
	s := newStore()
	addr := quietly(t, s, behind(func(l *configs.Listener) {
		l.PlaintextNetworks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		l.Deny = []netip.Prefix{netip.MustParsePrefix("2001:db8:bad::/48")}
	}))
	from := func(client string) *device {
		t.Helper()
		d := dial(t, addr)
		t.Cleanup(d.close)
		family := "TCP4"
		if strings.Contains(client, ":") {
			family = "TCP6"
		}
		d.send("PROXY " + family + " " + client + " " + client + " 40000 110\r\n")
		return d
	}
	d := from("192.0.2.7")
	if line := d.line(); !strings.HasPrefix(line, "+OK") {
		t.Fatalf("greeting %q", line)
	}
	d.logIn()
	if got := s.login.Client.String(); got != "192.0.2.7" {
		t.Errorf("the mailbox is opened for %s", got)
	}
	stranger := from("203.0.113.1")
	stranger.line()
	stranger.says("USER alice", "-ERR a password is not taken in plain text here")
	if second := from("192.0.2.7"); !strings.HasPrefix(second.line(), "+OK") {
		t.Error("the second of two connections was refused")
	}
	if said := from("192.0.2.7").rest(); said != "-ERR [SYS/TEMP] too many connections, try again later\r\n" {
		t.Errorf("the third connection: %q", said)
	}
	if said := from("2001:db8:bad::1").rest(); said != "" {
		t.Errorf("a denied network was told %q", said)
	}
	for _, begin := range []string{"CAPA\r\nCAPA\r\nCAPA\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PROXY TCP4 1 2 3 4 5 6\r\n"} {
		d := dial(t, addr)
		d.send(begin)
		if said := d.rest(); said != "" {
			t.Errorf("%q instead of a header was answered with %q", begin, said)
		}
		d.close()
	}
}

// Nobody else may say who they are.
func TestAForgedHeaderIsRefused(t *testing.T) {
	addr := quietly(t, newStore(), func(c *configs.Config) {
		l := c.Listener["pop3"]
		l.ProxyProtocol = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		c.Listener["pop3"] = l
	})
	d := connect(t, addr)
	defer d.close()
	d.send("PROXY TCP4 10.0.0.1 10.0.0.2 40000 110\r\nUSER alice\r\nPASS secret\r\n")
	if said := d.rest(); said != "" {
		t.Errorf("a forged header was answered with %q", said)
	}
	d = connect(t, addr)
	defer d.close()
	d.send(v2(t, tcp("10.0.0.1"), tcp("10.0.0.2"), 0) + "USER alice\r\nPASS secret\r\n")
	if said := d.rest(); strings.Contains(said, "+OK") {
		t.Errorf("a forged header was answered with %q", said)
	}
	d = connect(t, addr)
	defer d.close()
	d.logIn()
}
