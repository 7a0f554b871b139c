package demo

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
)

// identifying adds ID (RFC 2971) to a connection. imapserver does not know the
// command and takes it before login for an attack, while a proxy rightly sends
// it there. The commands are handed on line by line, so that the answer to ID
// falls between those of its neighbours, also when they are pipelined.
type identifying struct {
	net.Conn
	r *bufio.Reader

	rest    []byte // of a line, not yet handed on
	literal int64  // octets to hand on unread
	within  bool   // the next line continues a command

	// announces: what is written now is the greeting or the answer to a command
	// whose answer may list the capabilities and holds no mail.
	announces atomic.Bool
}

func newIdentifying(nc net.Conn) *identifying {
	c := &identifying{Conn: nc, r: bufio.NewReader(nc)}
	c.announces.Store(true)
	return c
}

func (c *identifying) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.literal > 0 {
			n, err := c.r.Read(p[:min(int64(len(p)), c.literal)])
			c.literal -= int64(n)
			return n, err
		}
		line, err := c.r.ReadSlice('\n')
		if len(line) == 0 {
			return 0, err
		}
		if c.within || !c.answered(line) {
			c.rest = line // valid until the next read, which waits until it is handed on
		}
		c.literal = literalAt(line)
		c.within = err == bufio.ErrBufferFull || c.literal > 0
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// answered looks at the first line of a command. Lines of one word, as in a SASL
// dialogue, are none.
func (c *identifying) answered(line []byte) bool {
	words := bytes.Fields(line)
	if len(words) < 2 {
		return false
	}
	verb := strings.ToUpper(string(words[1]))
	c.announces.Store(verb == "CAPABILITY" || verb == "LOGIN" || verb == "AUTHENTICATE")
	if verb != "ID" || line[len(line)-1] != '\n' || literalAt(line) > 0 {
		return false
	}
	answer := "* ID (\"name\" \"popbridge demo\")\r\n" + string(words[0]) + " OK ID completed\r\n"
	// An error shows at the next read.
	_, _ = io.WriteString(c.Conn, answer)
	return true
}

// Write adds ID to the capabilities; the lines that list them come whole.
func (c *identifying) Write(p []byte) (int, error) {
	if !c.announces.Load() {
		return c.Conn.Write(p)
	}
	const known = "CAPABILITY IMAP4rev1 "
	if _, err := c.Conn.Write(bytes.Replace(p, []byte(known), []byte(known+"ID "), 1)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// literalAt is the number of octets that {n} or {n+} at the end of a line
// announces, 0 without one.
func literalAt(line []byte) int64 {
	line, found := bytes.CutSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
	open := bytes.LastIndexByte(line, '{')
	if !found || open < 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(line[open+1:], []byte("+"))), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
