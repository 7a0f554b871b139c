package servers

import (
	"crypto/tls"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pop3 is a POP3 session that believes its server.
type pop3 struct{ *textproto.Conn }

// dialPOP3 logs in. A refusal is a *textproto.Error.
func dialPOP3(s *Server, secure *tls.Config, login, password string) (*pop3, error) {
	addr := s.POP3
	if secure != nil {
		addr = s.POP3S
	}
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		conn.Close()
		return nil, err
	}
	var stream io.ReadWriteCloser = quick{conn.(*net.TCPConn)} // popa3d, too, sends a message in two segments
	if secure != nil {
		stream = tls.Client(conn, secure)
	}
	c := &pop3{textproto.NewConn(stream)}
	if err = c.answer(); err == nil && s.Name == "courier" {
		// Without it Courier gives a notice instead of a message with 8-bit header fields (RFC 6856).
		err = c.command("UTF8")
	}
	if err == nil {
		if err = c.command("USER " + login); err == nil {
			err = c.command("PASS " + password)
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *pop3) command(line string) error {
	if err := c.PrintfLine("%s", line); err != nil {
		return err
	}
	return c.answer()
}

func (c *pop3) answer() error {
	line, err := c.ReadLine()
	if err == nil && !strings.HasPrefix(line, "+OK") {
		err = &textproto.Error{Msg: line}
	}
	return err
}

func (c *pop3) lines(command string) ([]string, error) {
	if err := c.command(command); err != nil {
		return nil, err
	}
	return c.ReadDotLines()
}

// tryPOP3 logs in and retrieves all messages.
func tryPOP3(s *Server, secure *tls.Config, login, password string) ([]string, error) {
	c, err := dialPOP3(s, secure, login, password)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	list, err := c.lines("LIST")
	if err != nil {
		return nil, err
	}
	var messages []string
	for n := range list {
		lines, err := c.lines("RETR " + strconv.Itoa(n+1))
		if err != nil {
			return nil, err
		}
		messages = append(messages, strings.Join(append(lines, ""), "\r\n"))
	}
	return messages, c.command("QUIT")
}

// uniqueID is what UIDL says of the only message.
func uniqueID(t *testing.T, s *Server, login, password string) string {
	t.Helper()
	c, err := dialPOP3(s, nil, login, password)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.lines("UIDL")
	if err != nil || len(list) != 1 {
		t.Fatalf("UIDL gives %q, %v", list, err)
	}
	_, id, _ := strings.Cut(list[0], " ")
	return id
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
