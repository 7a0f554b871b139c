package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// sink is the submission server that all mail is relayed to. It lets everybody in, and
// holds each message against what was to come.
type sink struct {
	listener net.Listener
	letters  [][]byte // on the wire, without the last dot
	taken    atomic.Int64

	mu     sync.Mutex
	errors tally
}

// maxLetter bounds what is held of a message: of a longer one only its end is seen.
const maxLetter = 64 << 10

func startSink(letters [][]byte) (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l, letters: letters}
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(nc)
		}
	}()
	return s, nil
}

func (s *sink) address() string { return s.listener.Addr().String() }

func (s *sink) serve(nc net.Conn) {
	defer nc.Close()
	r := bufio.NewReaderSize(nc, 64<<10)
	reply := "220 sink ESMTP\r\n"
	for {
		// Commands that came together are answered together.
		if _, err := nc.Write([]byte(reply)); err != nil {
			return
		}
		for reply = ""; reply == "" || r.Buffered() > 0; {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			switch verb := strings.ToUpper(string(line[:min(4, len(line))])); verb {
			case "EHLO":
				reply += "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 60000000\r\n250 AUTH PLAIN\r\n"
			case "AUTH":
				reply += "235 2.7.0 ok\r\n"
			case "DATA":
				if _, err := nc.Write([]byte(reply + "354 go on\r\n")); err != nil || s.letter(r) != nil {
					return
				}
				reply = "250 2.0.0 taken\r\n"
			case "QUIT":
				_, _ = nc.Write([]byte(reply + "221 2.0.0 bye\r\n"))
				return
			default:
				reply += "250 2.0.0 ok\r\n"
			}
		}
	}
}

// letter reads a message up to its dot.
func (s *sink) letter(r *bufio.Reader) error {
	var text []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 3 && line[0] == '.' {
			break
		}
		if len(text) < maxLetter {
			text = append(text, line...)
		}
	}
	if len(text) < maxLetter {
		s.check(text)
	}
	s.taken.Add(1)
	return nil
}

const numberField = "X-Number: "

func (s *sink) check(text []byte) {
	_, field, _ := bytes.Cut(text, []byte(numberField))
	digits, _, _ := bytes.Cut(field, []byte("\r\n"))
	n, err := strconv.Atoi(string(digits))
	switch {
	case err == nil && (n < 0 || n >= len(s.letters) || !bytes.HasSuffix(text, s.letters[n])):
		err = fmt.Errorf("message %d has come otherwise than it was sent", n)
	case err == nil:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors.errors++
	s.errors.first = err
}

// wrong gives the errors so far, and forgets them.
func (s *sink) wrong() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.errors
	s.errors = tally{}
	return t
}
