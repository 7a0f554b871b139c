package pop3

import (
	"bytes"
	"errors"
	"math"
	"strings"
)

// Limits of what a device may send, in octets without the line end.
const (
	// MaxCommand is well above the 253 of RFC 2449 §4: passwords are long.
	MaxCommand = 8 << 10
	// MaxSASL is a line within a SASL dialogue (RFC 5034 §4).
	MaxSASL = 12288
)

// Faults of a command line. The text may be told to the device.
var (
	ErrNUL = errors.New("a command may not contain a NUL octet")
	ErrCR  = errors.New("a command may not contain a CR octet")
)

// ErrTLSHello says that the device speaks TLS where plain text is expected.
var ErrTLSHello = errors.New("the device began with a TLS handshake")

// tlsHandshake is the first octet of a TLS ClientHello (RFC 8446 §5.1). No
// command begins with it.
const tlsHandshake = 0x16

// Command is one line from the device.
type Command struct {
	// Verb is in upper case.
	Verb string
	// Args is what stands after the first blank, to the last octet: for PASS
	// every blank is part of the password (RFC 1939 §7).
	Args string
}

// ReadCommand reads one command. ErrNUL and ErrCR leave the connection
// usable; ErrLineTooLong, ErrTLSHello and all others do not.
func (c *Conn) ReadCommand() (Command, error) {
	if !c.Buffered() {
		if err := c.fill(); err != nil {
			return Command{}, err
		}
	}
	if c.Buffered() && c.buf[c.r] == tlsHandshake {
		return Command{}, ErrTLSHello
	}
	// AUTH may carry an initial response as long as a SASL line.
	line, err := c.ReadLine(MaxSASL)
	if err != nil {
		return Command{}, err
	}
	if len(line) > MaxCommand && !bytes.EqualFold(line[:5], []byte("AUTH ")) {
		c.r-- // its LF is left for DrainLine, as with a line that ReadLine refuses
		return Command{}, ErrLineTooLong
	}
	return ParseCommand(line)
}

// ParseCommand takes a line apart. Blanks before the verb are no command's
// beginning; old devices send them after one.
func ParseCommand(line []byte) (Command, error) {
	if bytes.IndexByte(line, 0) >= 0 {
		return Command{}, ErrNUL
	}
	if bytes.IndexByte(line, '\r') >= 0 {
		return Command{}, ErrCR
	}
	verb, args, _ := strings.Cut(string(line), " ")
	return Command{Verb: upper(strings.TrimRight(verb, "\t")), Args: args}, nil
}

// upper folds ASCII letters only. Most verbs come as they are.
func upper(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return 'a' <= r && r <= 'z' }) < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}

// Fields are the arguments apart from each other; devices send more than one
// blank between them, and after the last.
func (c Command) Fields() []string {
	return strings.FieldsFunc(c.Args, func(r rune) bool { return r == ' ' || r == '\t' })
}

// Field is the only argument; ok is false where there is none, or more than one.
func (c Command) Field() (field string, ok bool) {
	field = strings.Trim(c.Args, " \t")
	return field, field != "" && !strings.ContainsAny(field, " \t")
}

// Number reads a message number or a number of lines as devices write it, with
// leading zeros. What is too large to count becomes the largest int, since
// "TOP 1 99999999999999999999" has a clear meaning.
func Number(field string) (int, bool) {
	n := 0
	for i := range len(field) {
		digit := int(field[i]) - '0'
		if digit < 0 || digit > 9 {
			return 0, false
		}
		if n > (math.MaxInt-digit)/10 {
			n = math.MaxInt
		} else {
			n = n*10 + digit
		}
	}
	return n, field != ""
}
