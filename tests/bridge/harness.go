package bridge

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Demo runs the embedded IMAP server with so many messages and gives its address. It
// has one user, alice@example.org, whose password is wonderland.
func Demo(t testing.TB, messages int) string {
	t.Helper()
	d := Run(t, []string{"demo", "--listen", "127.0.0.1:0", "--imap-listen", "127.0.0.1:0", "--messages", strconv.Itoa(messages)})
	d.Await("Ctrl-C ends it")
	return DemoIMAP(d)
}

// State is the configuration's block for a ledger that outlives the process, in a
// SQLite file or behind a PostgreSQL connection string.
func State(driver, source string) string {
	return fmt.Sprintf("state:\n  driver: %s\n  source: %q\n", driver, source)
}

// Command runs a command beside the service, with its configuration. It has to end
// with a code, and its output, which is given, must not hold the service's secrets.
func (b *Bridge) Command(code int, args ...string) string {
	b.t.Helper()
	c := Run(b.t, append(slices.Clone(args), "--config", b.Config), b.secrets...)
	if got := c.Wait(); got != code {
		b.t.Fatalf("%q ended with %d, want %d:\n%s", args, got, code, c.Output())
	}
	return c.Output()
}

// Refused is a login that has to be refused with a code, such as "[AUTH]", or with
// any where that is empty. It gives the text behind -ERR.
func (b *Bridge) Refused(t testing.TB, user, password, code string) string {
	t.Helper()
	c := Dial(t, b.Address("pop3"))
	defer c.Cut()
	c.OK("USER " + user)
	text := c.Err("PASS " + password)
	if !strings.HasPrefix(text, code) {
		t.Errorf("the login of %s is refused with %q, want %s", user, text, code)
	}
	return text
}

// Has fails where a text is not in the output.
func Has(t testing.TB, output string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(output, text) {
			t.Errorf("the output lacks %q:\n%s", text, output)
		}
	}
}

// Connect connects from an address of loopback, any where that is empty, and takes no
// greeting.
func Connect(t testing.TB, from, address string) *net.TCPConn {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	nc, err := d.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return nc.(*net.TCPConn)
}

// Everything reads until the connection ends, however it does.
func Everything(t testing.TB, nc net.Conn) string {
	t.Helper()
	all, err := io.ReadAll(nc)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Errorf("the connection was not closed; it said %.200q", all)
	}
	return string(all)
}

// Encodings are the forms that a secret takes within base64, whatever stands before
// it: the octets that the neighbours do not change.
func Encodings(secret string) (forms []string) {
	for shift := range 3 {
		e := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		e = strings.TrimRight(e, "=")
		forms = append(forms, e[4*((shift+2)/3):len(e)-1])
	}
	return forms
}
