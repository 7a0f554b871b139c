package bridge

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Client is a POP3 device that says exactly what it is told to.
type Client struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

// Dial connects and takes the greeting.
func Dial(t testing.TB, address string) *Client {
	t.Helper()
	nc, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	c := wrap(t, nc)
	c.Expect("+OK")
	return c
}

// DialTLS is Dial over implicit TLS.
func DialTLS(t testing.TB, address string, config *tls.Config) *Client {
	t.Helper()
	nc, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	c := wrap(t, nc)
	c.Expect("+OK")
	return c
}

// Use makes a Client of a connection that is there already, and takes no greeting.
func Use(t testing.TB, nc net.Conn) *Client {
	t.Helper()
	return wrap(t, nc)
}

func wrap(t testing.TB, nc net.Conn) *Client {
	t.Cleanup(func() { _ = nc.Close() })
	return &Client{t: t, nc: nc, r: bufio.NewReader(nc)}
}

// Login is Dial, USER and PASS.
func Login(t testing.TB, address, user, password string) *Client {
	t.Helper()
	c := Dial(t, address)
	c.OK("USER " + user)
	c.OK("PASS " + password)
	return c
}

// StartTLS shakes hands after an STLS that was answered with +OK.
func (c *Client) StartTLS(config *tls.Config) {
	c.t.Helper()
	tc := tls.Client(c.nc, config)
	_ = tc.SetDeadline(time.Now().Add(patience))
	if err := tc.Handshake(); err != nil {
		c.t.Fatalf("TLS: %v", err)
	}
	c.nc, c.r = tc, bufio.NewReader(tc)
}

// Send writes octets as they are.
func (c *Client) Send(octets string) {
	c.t.Helper()
	_ = c.nc.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c.nc, octets); err != nil {
		c.t.Fatalf("sending %.60q: %v", octets, err)
	}
}

// Line reads one line, without its CRLF, which it must have.
func (c *Client) Line() string {
	c.t.Helper()
	line, err := c.line()
	if err != nil {
		c.t.Fatalf("reading a line: %v (so far %.80q)", err, line)
	}
	if !strings.HasSuffix(line, "\r\n") {
		c.t.Fatalf("line %.80q does not end with CRLF", line)
	}
	return strings.TrimSuffix(line, "\r\n")
}

func (c *Client) line() (string, error) {
	_ = c.nc.SetReadDeadline(time.Now().Add(patience))
	return c.r.ReadString('\n')
}

// Expect reads a line that has to begin with prefix.
func (c *Client) Expect(prefix string) string {
	c.t.Helper()
	line := c.Line()
	if !strings.HasPrefix(line, prefix) {
		c.t.Fatalf("got %q, want %q…", line, prefix)
	}
	return line
}

// OK sends a command and gives the text behind its +OK.
func (c *Client) OK(command string) string {
	c.t.Helper()
	c.Send(command + "\r\n")
	line := c.Line()
	if line != "+OK" && !strings.HasPrefix(line, "+OK ") {
		c.t.Fatalf("%.60q: got %q, want +OK", command, line)
	}
	return strings.TrimPrefix(strings.TrimPrefix(line, "+OK"), " ")
}

// Err sends a command and gives the text behind its -ERR.
func (c *Client) Err(command string) string {
	c.t.Helper()
	c.Send(command + "\r\n")
	line := c.Line()
	if !strings.HasPrefix(line, "-ERR ") {
		c.t.Fatalf("%.60q: got %q, want -ERR", command, line)
	}
	return strings.TrimPrefix(line, "-ERR ")
}

// Lines sends a command with a multi-line answer and gives its lines.
func (c *Client) Lines(command string) []string {
	c.t.Helper()
	text := strings.TrimSuffix(string(c.Message(command)), "\r\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\r\n")
}

// UniqueIDs are those of the messages that the device sees, in order.
func (c *Client) UniqueIDs() []string {
	c.t.Helper()
	return c.second("UIDL")
}

// Octets are those of the messages that the device sees, in order.
func (c *Client) Octets() []string {
	c.t.Helper()
	return c.second("LIST")
}

// second gives what stands behind the number in each line of an answer.
func (c *Client) second(command string) (list []string) {
	c.t.Helper()
	for _, line := range c.Lines(command) {
		_, what, _ := strings.Cut(line, " ")
		list = append(list, what)
	}
	return list
}

// Message sends RETR or TOP and gives the message with dot-stuffing removed. A
// line that does not end with CRLF fails the test.
func (c *Client) Message(command string) []byte {
	c.t.Helper()
	c.OK(command)
	return c.Body()
}

// Body reads a multi-line answer up to its terminator.
func (c *Client) Body() []byte {
	c.t.Helper()
	var body []byte
	for {
		line, err := c.line()
		if err != nil {
			c.t.Fatalf("the answer is cut after %d octets: %v", len(body), err)
		}
		if !strings.HasSuffix(line, "\r\n") {
			c.t.Fatalf("a line of the answer ends without CRLF: %.80q", line)
		}
		if line == ".\r\n" {
			return body
		}
		body = append(body, strings.TrimPrefix(line, ".")...)
	}
}

// Rest reads until the connection ends.
func (c *Client) Rest() string {
	c.t.Helper()
	_ = c.nc.SetReadDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(c.r)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Fatalf("the connection was not closed; got %.80q", rest)
	}
	return string(rest)
}

// Quit says QUIT, which has to be answered with +OK and the end.
func (c *Client) Quit() {
	c.t.Helper()
	c.OK("QUIT")
	if rest := c.Rest(); rest != "" {
		c.t.Fatalf("octets after QUIT: %.80q", rest)
	}
}

// Cut ends the connection without a word.
func (c *Client) Cut() { _ = c.nc.Close() }

// Play runs a transcript in the RFC's notation. Lines "C: text" are sent with
// CRLF, lines "S: pattern" are to be received; "…" in a pattern stands for any
// text, and "S: <closed>" for the end of the connection. Other lines are prose.
// \r, \n, \t, \0 and \\ in a C: line are octets; "C:- text" sends no CRLF.
func (c *Client) Play(transcript string) {
	c.t.Helper()
	for i, line := range strings.Split(transcript, "\n") {
		kind, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "C:":
			c.Send(unescape(text) + "\r\n")
		case "C:-":
			c.Send(unescape(text))
		case "S:":
			c.expectPattern(i+1, text)
		}
	}
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\r`, "\r", `\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(s)
}

func (c *Client) expectPattern(number int, pattern string) {
	c.t.Helper()
	if pattern == "<closed>" {
		if rest := c.Rest(); rest != "" {
			c.t.Fatalf("line %d: got %.80q, want the end of the connection", number, rest)
		}
		return
	}
	re := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), "…", ".*") + "$"
	if got := c.Line(); !regexp.MustCompile(re).MatchString(got) {
		c.t.Fatalf("line %d of the transcript: got %q, want %q", number, got, pattern)
	}
}

// YAML makes the smallest useful configuration: one listener "pop3" on loopback
// that takes passwords in plain text, and one upstream "mail". extra is added
// at the end, as whole top-level blocks.
func YAML(imap, tlsMode, caFile, extra string) string {
	ca := ""
	if caFile != "" {
		ca = fmt.Sprintf("\n    ca_file: %q", caFile)
	}
	return fmt.Sprintf(`listener:
  pop3:
    address: "127.0.0.1:0"
    plaintext_auth: true
upstream:
  mail:
    address: %q
    tls: %s%s
%s
`, imap, tlsMode, ca, extra)
}
