package mailstore

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"

	"popbridge/translate"
)

// Mbox yields the messages of an mbox file. A unique-id is what the header field
// X-UIDL says, as qpopper writes it; else UW's, made of the UIDVALIDITY in X-IMAPbase
// or X-IMAP and the UID in X-UID. Messages without one were never listed, and are left
// out, as is the one in which UW keeps notes of its own. Octets are not known: such
// servers send headers otherwise than they keep them. A file with messages of which
// none has a unique-id is an error: another kind of server has written it.
func Mbox(r io.Reader) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		m := mbox{in: bufio.NewReaderSize(r, maxLine), blank: true}
		for {
			switch err := m.line(); {
			case errors.Is(err, io.EOF):
				if msg, ok := m.message(); ok {
					yield(msg, nil)
				} else if m.begun && !m.given {
					yield(Message{}, errors.New("none of its messages has X-UIDL, or X-UID behind an X-IMAPbase: no server that gives unique-ids from this file has written it"))
				}
				return
			case err != nil:
				yield(Message{}, err)
				return
			case m.ended == nil:
			case !yield(*m.ended, nil):
				return
			}
		}
	}
}

// mbox goes through a file line by line.
type mbox struct {
	in       *bufio.Reader
	begun    bool   // there is a message
	given    bool   // one had a unique-id, or is UW's own
	blank    bool   // the line before was empty, or is the first
	whole    bool   // the line before was whole
	inBody   bool   // of the message
	header   []byte // of the message, as far as it counts
	body     *translate.BodyPrinter
	validity uint32 // as an earlier message has said
	ended    *Message
}

// fromLine begins a message: who sent it, and when.
var fromLine = regexp.MustCompile(`^From \S+ .*[0-9]{1,2}:[0-9]{2}`)

// line takes the next line, or a part of one that is longer than the buffer.
func (m *mbox) line() error {
	m.ended = nil
	text, err := m.in.ReadSlice('\n')
	if len(text) == 0 && err != nil {
		return err
	}
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		return err
	}
	first := m.blank || !m.begun
	whole := m.whole || !m.begun
	m.whole = text[len(text)-1] == '\n'
	if whole && first && fromLine.Match(text) {
		if msg, ok := m.message(); ok {
			m.ended = &msg
		}
		m.begun, m.inBody, m.blank, m.header, m.body = true, false, false, m.header[:0], translate.NewBodyPrinter()
		return nil
	}
	if !m.begun {
		return errors.New("it is not an mbox file: it does not begin with a line such as \"From alice@example.org Mon Jan  2 15:04:05 2006\"")
	}
	m.blank = whole && isBlank(text)
	_, _ = m.body.Write(text) // it never fails
	if !m.inBody && len(m.header) < translate.MaxPrinted {
		m.header = append(m.header, text...)
	}
	m.inBody = m.inBody || m.blank
	return nil
}

// message gives the message that has ended, and whether a device can have seen it.
func (m *mbox) message() (msg Message, ok bool) {
	if !m.begun {
		return msg, false
	}
	if base := field(m.header, "X-IMAPbase"); base != "" {
		m.validity = leadingUint32(base)
	}
	if base := field(m.header, "X-IMAP"); base != "" {
		m.validity, m.given = leadingUint32(base), true
		return msg, false // UW's own notes
	}
	uid := leadingUint32(field(m.header, "X-UID"))
	switch id := field(m.header, "X-UIDL"); {
	case id != "":
		msg.UniqueID = id
	case uid != 0 && m.validity != 0:
		msg.UniqueID = fmt.Sprintf("%08x%08x", m.validity, uid)
	default:
		return msg, false
	}
	m.given = true
	msg.Print = translate.PrintHeader(m.header).With(m.body.Print())
	return msg, true
}

// field gives a header field's first line, empty where there is none.
func field(header []byte, name string) string {
	for line := range bytes.Lines(header) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if ok && bytes.EqualFold(key, []byte(name)) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// leadingUint32 is the number that a text begins with, 0 where there is none.
func leadingUint32(text string) uint32 {
	digits := text
	for i, c := range []byte(text) {
		if c < '0' || c > '9' {
			digits = text[:i]
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
