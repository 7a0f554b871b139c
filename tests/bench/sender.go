package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"time"
)

// sender is a device that sends mail, waiting for each answer as old ones do.
type sender struct {
	nc net.Conn
	r  *bufio.Reader
}

// sendAs connects and logs in.
func sendAs(address, name string) (*sender, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &sender{nc, bufio.NewReader(nc)}
	err = nc.SetDeadline(time.Now().Add(patience))
	if err == nil {
		err = s.expect('2')
	}
	login := base64.StdEncoding.EncodeToString([]byte("\x00" + name + "\x00" + password))
	for _, line := range []string{"EHLO device", "AUTH PLAIN " + login} {
		if err == nil {
			err = s.say(line, '2')
		}
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return s, nil
}

// expect reads a reply of a class.
func (s *sender) expect(class byte) error {
	for {
		line, err := s.r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case len(line) > 3 && line[3] == '-':
			continue
		case line[0] != class:
			return fmt.Errorf("answered %q", line)
		}
		return nil
	}
}

func (s *sender) say(line string, class byte) error {
	_, err := s.nc.Write([]byte(line + "\r\n"))
	if err == nil {
		err = s.expect(class)
	}
	if err != nil {
		err = fmt.Errorf("%.4s: %w", line, err)
	}
	return err
}

// send sends a message, which comes in pieces and is on the wire but for its last dot.
func (s *sender) send(from string, pieces int, piece func(int) []byte) error {
	for _, line := range []string{"MAIL FROM:<" + from + ">", "RCPT TO:<bob@elsewhere.test>"} {
		if err := s.say(line, '2'); err != nil {
			return err
		}
	}
	if err := s.say("DATA", '3'); err != nil {
		return err
	}
	for i := range pieces {
		if _, err := s.nc.Write(piece(i)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(s.nc, ".\r\n")
	if err == nil {
		err = s.expect('2')
	}
	return err
}

// quit ends in good order.
func (s *sender) quit() error {
	defer s.nc.Close()
	return s.say("QUIT", '2')
}

// lettersOf are messages of about so many octets, on the wire but for the last dot.
func lettersOf(n, size int) (letters [][]byte) {
	for i := range n {
		// What servers put on top is not there yet.
		stored := text(i, size)
		stored = stored[bytes.Index(stored, []byte("From: ")):]
		stored = fmt.Appendf(nil, "%s%d\n%s", numberField, i, stored)
		letters = append(letters, bytes.TrimSuffix(wire(stored), []byte(".\r\n")))
	}
	return letters
}
