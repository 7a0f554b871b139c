package liars

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// conn is one connection of the proxy.
type conn struct {
	s        *Server
	nc       net.Conn
	r        *bufio.Reader
	secured  bool
	loggedIn bool
	selected *Mailbox
	readOnly bool
	closed   bool
	upgrade  bool // STARTTLS was answered with OK
	frozen   bool // see Freeze; guarded by the server's lock
}

func (c *conn) run() {
	c.exchange("*", Greeting)
	for !c.closed {
		tag, command, err := c.read()
		if err != nil {
			return
		}
		c.exchange(tag, command)
		if c.upgrade && !c.closed {
			// What came in plaintext behind STARTTLS is forgotten.
			c.upgrade, c.secured = false, true
			c.nc = tls.Server(c.nc, c.s.o.TLS)
			c.r = bufio.NewReader(c.nc)
		}
	}
}

func (c *conn) exchange(tag, command string) {
	x := &Exchange{Tag: tag, Command: command, c: c}
	if command != Greeting && c.s.note(c, command) {
		Stall("")(x)
		return
	}
	if lie := c.s.lieAbout(command); lie != nil {
		lie(x)
	} else {
		c.send(x.Carry())
	}
	if strings.EqualFold(command, "LOGOUT") {
		c.close()
	}
}

// read takes one command with its literals, which become quoted strings.
func (c *conn) read() (tag, command string, err error) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		line = strings.TrimSuffix(line, "\r\n")
		open := strings.LastIndexByte(line, '{')
		if !strings.HasSuffix(line, "}") || open < 0 {
			command += line
			tag, command, _ = strings.Cut(command, " ")
			return tag, command, nil
		}
		number, eager := strings.CutSuffix(line[open+1:len(line)-1], "+")
		lie := c.s.o.Literals
		if eager {
			lie = c.s.o.Unasked
		}
		if lie != nil {
			tag, command, _ = strings.Cut(command+line, " ")
			c.s.note(c, command)
			lie(&Exchange{Tag: tag, Command: command, c: c})
			if c.closed {
				return "", "", io.EOF
			}
			command = ""
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			return "", "", err
		}
		if !eager {
			c.send("+ go on\r\n")
		}
		literal := make([]byte, n)
		if _, err := io.ReadFull(c.r, literal); err != nil {
			return "", "", err
		}
		command += line[:open] + strconv.Quote(string(literal))
	}
}

// send writes as much as CutAfter allows.
func (c *conn) send(text string) {
	if c.closed {
		return
	}
	n := c.s.allow(len(text))
	if _, err := io.WriteString(c.nc, text[:n]); err != nil || n < len(text) {
		c.close()
	}
}

func (c *conn) close() {
	c.closed = true
	_ = c.nc.Close()
}

// authenticate is AUTHENTICATE PLAIN with and without an initial response.
func (c *conn) authenticate(args []string) (ok bool) {
	if len(args) == 0 || !strings.EqualFold(args[0], "PLAIN") {
		return false
	}
	response := ""
	if len(args) > 1 {
		response = args[1]
	} else {
		c.send("+ \r\n")
		line, err := c.r.ReadString('\n')
		if err != nil {
			return false
		}
		response = strings.TrimSuffix(line, "\r\n")
	}
	message, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(message), "\x00")
	return err == nil && len(parts) == 3 && parts[1] != "" && c.s.opens(parts[2])
}

// words takes a command apart: atoms, quoted strings, and parenthesised lists as
// they stand.
func words(command string) (list []string) {
	rest := strings.TrimLeft(command, " ")
	for rest != "" {
		end := 0
		switch rest[0] {
		case '"':
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return append(list, rest)
			}
			text, _ := strconv.Unquote(quoted)
			list = append(list, text)
			rest = strings.TrimLeft(rest[len(quoted):], " ")
			continue
		case '(':
			depth := 0
			for end = range rest {
				if rest[end] == '(' {
					depth++
				} else if rest[end] == ')' {
					depth--
				}
				if depth == 0 {
					break
				}
			}
			end++
		default:
			if end = strings.IndexByte(rest, ' '); end < 0 {
				end = len(rest)
			}
		}
		list = append(list, rest[:end])
		rest = strings.TrimLeft(rest[end:], " ")
	}
	return list
}

// member makes a test for membership in a set such as 3:5,9,12:*.
func member(set string, last uint32) func(uint32) bool {
	number := func(s string) uint32 {
		if s == "*" {
			return last
		}
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			panic(fmt.Sprintf("the proxy sent the set %q", set))
		}
		return uint32(n)
	}
	return func(uid uint32) bool {
		for part := range strings.SplitSeq(set, ",") {
			from, to, ok := strings.Cut(part, ":")
			if !ok {
				to = from
			}
			a, b := number(from), number(to)
			if uid >= min(a, b) && uid <= max(a, b) {
				return true
			}
		}
		return false
	}
}
