package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"strings"
)

// box is one mailbox upstream. A login is NAME@BOX, with any NAME, so that many
// accounts can be fresh to a proxy and need no store of their own.
type box struct {
	name     string
	messages []message
	octets   int64
	list     answer // LIST, without its first line
	uidl     answer // UIDL, likewise, as the upstream's own POP3 server sends it
}

// message is what RETR has to send.
type message struct {
	octets int64 // as LIST says
	body   answer
}

// answer is the body of a multi-line answer on the wire, dot-stuffed and with
// its terminator.
type answer struct {
	length int
	hash   uint64
}

var seed = maphash.MakeSeed()

func answerOf(wire []byte) answer { return answer{len(wire), maphash.Bytes(seed, wire)} }

// text is a message as a mail server stores it, with LF line ends. Messages of
// different numbers differ in every line.
func text(number, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <sender-%d@example.com>\nReceived: by mail.example.com; Mon, 2 Mar 2026 09:%02d:00 +0000\n", number, number%60)
	fmt.Fprintf(&b, "From: Sender %d <sender-%d@example.com>\nTo: <device@example.org>\nSubject: Scan %d\n", number, number, number)
	fmt.Fprintf(&b, "Date: Mon, 2 Mar 2026 09:%02d:00 +0000\nMessage-ID: <%d@example.com>\nMIME-Version: 1.0\nContent-Type: text/plain\n\n", number%60, number)
	for line := 0; b.Len() < size; line++ {
		if line%25 == 3 {
			b.WriteString(".") // to be stuffed
		}
		fmt.Fprintf(&b, "%d.%d: The quick brown fox jumps over the lazy dog, again\n", number, line)
	}
	return b.Bytes()
}

// wire is a stored message as RETR sends it.
func wire(stored []byte) []byte {
	crlf := bytes.ReplaceAll(stored, []byte("\n"), []byte("\r\n"))
	return append(bytes.ReplaceAll(crlf, []byte("\n."), []byte("\n..")), ".\r\n"...)
}

// distinct is how many different files a mailbox has at most; further messages
// are hard links to them.
const distinct = 1000

// fill writes a Maildir of n messages of about so many octets. The file names
// carry the sizes that Dovecot would otherwise measure: S= on disk, W= with CRLF.
func fill(folder, name string, n, size int) (*box, error) {
	b := &box{name: name}
	cur := filepath.Join(folder, name, "Maildir", "cur")
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(filepath.Dir(cur), sub), 0o777); err != nil {
			return nil, err
		}
	}
	var files []string
	var list strings.Builder
	for i := range n {
		if i < distinct {
			stored := text(i, size)
			m := message{octets: int64(len(stored) + bytes.Count(stored, []byte("\n"))), body: answerOf(wire(stored))}
			file := filepath.Join(cur, fileName(i, len(stored), m.octets))
			if err := os.WriteFile(file, stored, 0o666); err != nil {
				return nil, err
			}
			files, b.messages = append(files, file), append(b.messages, m)
		} else {
			m := b.messages[i%distinct]
			stored := 0
			if _, err := fmt.Sscanf(files[i%distinct][strings.Index(files[i%distinct], "S="):], "S=%d", &stored); err != nil {
				return nil, err
			}
			if err := os.Link(files[i%distinct], filepath.Join(cur, fileName(i, stored, m.octets))); err != nil {
				return nil, err
			}
			b.messages = append(b.messages, m)
		}
		b.octets += b.messages[i].octets
		fmt.Fprintf(&list, "%d %d\r\n", i+1, b.messages[i].octets)
	}
	list.WriteString(".\r\n")
	b.list = answerOf([]byte(list.String()))
	return b, nil
}

// fileName gives names whose order is that of the messages: Dovecot numbers
// them by the time in front.
func fileName(i, stored int, octets int64) string {
	return fmt.Sprintf("%d.M%dP1.bench,S=%d,W=%d:2,S", 1_700_000_000+i, i, stored, octets)
}
