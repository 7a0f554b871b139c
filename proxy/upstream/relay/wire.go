package relay

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"popbridge/translate"
)

// Bounds of a server's reply, in octets and lines.
const (
	maxLine  = 4 << 10
	maxReply = 64 << 10
	maxLines = 500
	// shownLine is what the client is given of a line.
	shownLine = 1000
	readSize  = 4 << 10
)

var (
	errProtocol = errors.New("the server does not speak SMTP")
	errUnasked  = fmt.Errorf("%w: it said something unasked", errProtocol)
)

// wire is the connection below go-smtp's client. It hands over a reply only where one
// is due, and only a whole one whose lines have the same code: with two of them the
// client would wait, or take one for the answer to what comes next.
type wire struct {
	net.Conn
	patience time.Duration // without an octet of progress
	trace    func(dir, line string)

	due     int    // replies to commands that were sent
	reply   []byte // of the reply that was read, what the client has not taken yet
	last    []byte // its last line, without the line end
	unread  []byte // what has come behind it
	message bool   // what is written is a message and no command
	secret  bool   // what is written is a credential
	err     error
}

// SetDeadline is for the client; the wire has its own.
func (w *wire) SetDeadline(time.Time) error { return nil }

// Write sends a command, or a piece of a message.
func (w *wire) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if !w.message {
		if len(w.unread) > 0 {
			return 0, w.fail(errUnasked)
		}
		w.due++
		w.show("C", p)
	}
	if err := w.Conn.SetWriteDeadline(time.Now().Add(w.patience)); err != nil {
		return 0, err
	}
	n, err := w.Conn.Write(p)
	return n, w.fail(err)
}

// fail remembers what has ended the connection.
func (w *wire) fail(err error) error {
	if err != nil && w.err == nil {
		w.err = err
	}
	return err
}

func (w *wire) show(dir string, p []byte) {
	if w.trace == nil {
		return
	}
	line := strings.TrimRight(string(p), "\r\n")
	if verb, _, found := strings.Cut(line, " "); dir == "C" && w.secret {
		if line = "***"; found && strings.EqualFold(verb, "AUTH") {
			line = "AUTH ***"
		}
	}
	w.trace(dir, line)
}

// Read gives the client the reply that is due.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.reply) == 0 {
		if w.due == 0 && w.err == nil {
			w.err = errUnasked
		}
		if err := w.readReply(w.patience); err != nil {
			return 0, err
		}
		w.due--
	}
	n := copy(p, w.reply)
	w.reply = w.reply[n:]
	return n, nil
}

// readReply reads a whole reply.
func (w *wire) readReply(patience time.Duration) error {
	if w.err != nil {
		return w.err
	}
	if err := w.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return w.fail(err)
	}
	var code []byte
	octets := 0
	for lines := 0; ; lines++ {
		line, err := w.line()
		if err != nil {
			return w.fail(err)
		}
		octets += len(line)
		switch {
		case !replyLine(line), code != nil && !bytes.Equal(code, line[:3]):
			return w.fail(fmt.Errorf("%w: it answered %.80q", errProtocol, line))
		case octets > maxReply || lines >= maxLines:
			return w.fail(fmt.Errorf("%w: a reply is longer than %d lines or %d octets", errProtocol, maxLines, maxReply))
		}
		w.show("S", line)
		code = append(code[:0], line[:3]...)
		w.reply = append(append(w.reply, line[:min(len(line), shownLine)]...), "\r\n"...)
		if len(line) == 3 || line[3] == ' ' {
			w.last = bytes.Clone(line)
			return nil
		}
	}
}

// replyLine reports whether a line has the form of RFC 5321 §4.2.
func replyLine(line []byte) bool {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return line[0] >= '1' && line[0] <= '5'
}

// line gives the next line without its line end.
func (w *wire) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(w.unread, '\n'); i >= 0 {
			line := bytes.TrimRight(w.unread[:i], "\r")
			w.unread = w.unread[i+1:]
			return line, nil
		}
		if len(w.unread) > maxLine {
			return nil, fmt.Errorf("%w: a line is longer than %d octets", errProtocol, maxLine)
		}
		more := make([]byte, readSize)
		n, err := w.Conn.Read(more)
		w.unread = append(w.unread, more[:n]...)
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// early is how long is waited for what a server may have said already.
const early = time.Millisecond

// spoken reports whether the server has said anything that was not due. On a busy
// machine the wait may be over before the read has begun, which then looks at nothing:
// where octets wait in the machine it is begun again, with twice the time.
func (w *wire) spoken(wait time.Duration) bool {
	for {
		if len(w.unread) > 0 || w.err != nil {
			return true
		}
		if w.Conn.SetReadDeadline(time.Now().Add(wait)) != nil {
			return true
		}
		more := make([]byte, readSize)
		n, err := w.Conn.Read(more)
		w.unread = append(w.unread, more[:n]...)
		var late net.Error
		switch {
		case n > 0:
			return true
		case err != nil && !(errors.As(err, &late) && late.Timeout()):
			w.err = err
			return true
		case waiting(w.Conn) == 0:
			return false
		}
		wait = max(2*wait, early)
	}
}

// enhanced reads the enhanced code of the last reply (RFC 2034).
func (w *wire) enhanced() (code translate.EnhancedCode) {
	if len(w.last) < 9 {
		return code
	}
	word, _, _ := bytes.Cut(w.last[4:], []byte(" "))
	parts := bytes.Split(word, []byte("."))
	if len(parts) != 3 {
		return code
	}
	for i, part := range parts {
		if len(part) == 0 || len(part) > 3 {
			return translate.EnhancedCode{}
		}
		for _, c := range part {
			if c < '0' || c > '9' {
				return translate.EnhancedCode{}
			}
			code[i] = 10*code[i] + int(c-'0')
		}
	}
	return code
}

// code is that of the last reply, 0 where there was none.
func (w *wire) code() int {
	if len(w.last) < 3 {
		return 0
	}
	return int(w.last[0]-'0')*100 + int(w.last[1]-'0')*10 + int(w.last[2]-'0')
}
