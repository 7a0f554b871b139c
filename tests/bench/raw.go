package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// raw is an IMAP client that does no more than ask: what the upstream and the
// wire allow.
type raw struct {
	nc   net.Conn
	r    *bufio.Reader
	tags int
}

// rawSession logs in, selects INBOX, does what is to be done, and logs out.
func rawSession(address, user string, b *box, do func(*raw) error) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	c := &raw{nc: nc, r: bufio.NewReaderSize(nc, 64<<10)}
	if _, err := c.r.ReadSlice('\n'); err != nil {
		return err
	}
	for _, command := range []string{fmt.Sprintf("LOGIN %s@%s %s", user, b.name, password), "SELECT INBOX"} {
		if err := c.command(command, func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	if err := do(c); err != nil {
		return err
	}
	return c.command("LOGOUT", func([]byte) error { return nil })
}

// command sends a command and hands out its untagged lines until it is done.
func (c *raw) command(command string, untagged func(line []byte) error) error {
	if err := c.send(command); err != nil {
		return err
	}
	return c.finish(untagged)
}

func (c *raw) send(command string) error {
	c.tags++
	_, err := fmt.Fprintf(c.nc, "%d %s\r\n", c.tags, command)
	return err
}

// finish reads to the next tagged line.
func (c *raw) finish(untagged func(line []byte) error) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line[0] != '*' {
			if _, status, _ := bytes.Cut(line, []byte(" ")); !bytes.HasPrefix(status, []byte("OK")) {
				return fmt.Errorf("answered %q", line)
			}
			return nil
		}
		if err := untagged(line); err != nil {
			return err
		}
	}
}

// list asks for UID, size and flags of every message in one command.
func (c *raw) list(b *box) error {
	n, octets := 0, int64(0)
	err := c.command("UID FETCH 1:* (RFC822.SIZE FLAGS)", func(line []byte) error {
		if _, size, ok := bytes.Cut(line, []byte("RFC822.SIZE ")); ok {
			end := bytes.IndexAny(size, " )")
			v, err := strconv.ParseInt(string(size[:max(0, end)]), 10, 64)
			if err != nil {
				return err
			}
			n, octets = n+1, octets+v
		}
		return nil
	})
	if err == nil && (n != len(b.messages) || octets != b.octets) {
		err = fmt.Errorf("%d messages of %d octets instead of %d of %d", n, octets, len(b.messages), b.octets)
	}
	return err
}

// bodies fetches messages as many as a UID set names, and gives the time until
// the first octet of the first one.
func (c *raw) bodies(set string, n int) (time.Duration, error) {
	began := time.Now()
	var first time.Duration
	seen := 0
	err := c.command("UID FETCH "+set+" BODY.PEEK[]", func(line []byte) error {
		open, end := bytes.LastIndexByte(line, '{'), bytes.LastIndexByte(line, '}')
		if open < 0 || end < open {
			return nil
		}
		if seen++; seen == 1 {
			first = time.Since(began)
		}
		octets, err := strconv.Atoi(string(line[open+1 : end]))
		if err != nil {
			return err
		}
		if _, err := c.r.Discard(octets); err != nil {
			return err
		}
		rest, err := c.r.ReadSlice('\n')
		if err == nil && !strings.HasPrefix(string(rest), ")") {
			err = fmt.Errorf("behind a literal stands %q", rest)
		}
		return err
	})
	if err == nil && seen != n {
		err = fmt.Errorf("%d bodies came instead of %d", seen, n)
	}
	return first, err
}
