package behaviour_test

import (
	"bytes"
	"fmt"
	"strings"
)

// nasty is a message that breaks servers and proxies.
type nasty struct {
	name   string
	octets string
}

const head = "From: a@example.org\r\nSubject: nasty\r\n\r\n"

// corpus gives the messages; what each has done to somebody stands in its name.
func corpus() []nasty {
	corpus := []nasty{
		{"plain", head + "body\r\n"},
		{"dot as the very first octet", ".From: a@example.org\r\n\r\nbody\r\n"},
		{"lone dot as the first line", ".\r\nSubject: x\r\n\r\nbody\r\n"},
		{"two dots first", "..\r\n\r\nbody\r\n"},
		{"only a dot", "."},
		{"only a dot line", ".\r\n"},
		{"lone dot in the body", head + "a\r\n.\r\nb\r\n"},
		{"lone dot as the last line", head + "a\r\n.\r\n"},
		{"lone dot without a line end", head + "a\r\n."},
		{"many lone dots", head + strings.Repeat(".\r\n", 500)},
		{"dots of growing length", head + dots(60)},
		{"dot and blank", head + ". \r\n.\t\r\n"},
		{"terminator within bare LF", head + "a\n.\nb\n"},
		{"smuggled LF dot CRLF", head + "a\n.\r\n+OK\r\nb\r\n"},
		{"smuggled CRLF dot LF", head + "a\r\n.\nb\r\n"},
		{"smuggled CR dot CR", head + "a\r.\rb\r\n"},
		{"smuggled CRLF dot CR", head + "a\r\n.\rb\r\n"},
		{"smuggled CR CRLF dot", head + "a\r\r\n.\r\r\nb\r\n"},
		{"no final newline", head + "body"},
		{"final CR", head + "body\r"},
		{"final LF", head + "body\n"},
		{"final LF LF", head + "body\n\n"},
		{"final CR CRLF", head + "body\r\r\n"},
		{"bare LF throughout", "Subject: x\nTo: b\n\nline\nline\n"},
		{"bare LF and CRLF mixed", "Subject: x\r\nTo: b\n\r\nline\nline\r\n\nline\r\n"},
		{"bare LF in the header only", "Subject: x\nTo: b\n\r\nline\r\n"},
		{"bare LF first", "\nbody\n"},
		{"bare CR in the body", head + "a\rb\rc\r\n"},
		{"bare CR in the header", "Subject: a\rb\r\n\r\nbody\r\n"},
		{"CR runs", head + "\r\r\r\r\r\n\r\r\n"},
		{"LF runs", head + "\n\n\n\n"},
		{"LF CR pairs", head + "a\n\rb\n\rc"},
		{"NUL in the body", head + "a\x00b\r\n"},
		{"NUL in the header", "Subject: a\x00b\r\n\r\nbody\r\n"},
		{"NUL alone", "\x00"},
		{"all control octets", head + controls() + "\r\n"},
		{"empty body", head},
		{"header without the blank line", "Subject: x\r\nTo: b\r\n"},
		{"header without a line end", "Subject: x"},
		{"no header", "\r\nbody\r\n"},
		{"body without header and blank line", "this is no header\r\nneither is this\r\n"},
		{"only a CRLF", "\r\n"},
		{"only an LF", "\n"},
		{"only a CR", "\r"},
		{"nothing at all", ""},
		{"one octet", "x"},
		{"blank lines only", strings.Repeat("\r\n", 50)},
		{"blank lines at the end", head + "a\r\n" + strings.Repeat("\r\n", 50)},
		{"blank line with a blank", "Subject: x\r\n \r\nbody\r\n"},
		{"folded header", "Subject: a\r\n\tb\r\n c\r\n\r\nbody\r\n"},
		{"8-bit in the header", "Subject: \xe4\xf6\xfc \xc3\xa4\r\n\r\nbody\r\n"},
		{"8-bit in the body", head + "\xe4\xf6\xfc\xff\xfe\r\n"},
		{"every octet but NUL, CR and LF", head + everyOctet() + "\r\n"},
		{"UTF-8 with a byte order mark", "\xef\xbb\xbfSubject: x\r\n\r\n\xef\xbb\xbf.\r\n"},
		{"mbox From line", "From a@example.org Thu Jan  1 00:00:00 2026\r\nSubject: x\r\n\r\nFrom here\r\n>From there\r\n"},
		{"a reply in the body", head + "+OK\r\n-ERR\r\n* 1 EXPUNGE\r\nA1 OK done\r\n"},
		{"a literal in the body", head + "{5}\r\nabcde)\r\n* 2 FETCH (BODY[] {3}\r\n"},
		{"a header of 10,000 octets", "X-Long: " + strings.Repeat("x", 10_000) + "\r\n\r\nbody\r\n"},
		{"a header of 1,000 fields", fields(1000) + "\r\nbody\r\n"},
		{"a header larger than TOP's first piece", fields(4000) + "\r\n.body\r\n"},
		{"a line of 998 octets", head + strings.Repeat("x", 998) + "\r\n"},
		{"a line of 1 MB", head + strings.Repeat("x", 1<<20) + "\r\n.y\r\n"},
		{"a line of 1 MB of dots", head + strings.Repeat(".", 1<<20)},
		{"a message of 26 MB", head + strings.Repeat(".line of a large message, fifty octets with its end\r\n", 520_000)},
		{"100,000 lines with bare LF", head + strings.Repeat(".\n", 100_000)},
		{"what Courier says of a message that is gone", "From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\nThis message is no longer available on the server.\r\n"},
		{"X-UIDL of its own", "X-UIDL: 12345\r\nStatus: RO\r\nX-IMAP: 1 2\r\n" + head + "body\r\n"},
		{"multipart", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\".\"\r\n\r\n--.\r\n\r\na\r\n--.--\r\n"},
	}
	for _, border := range []int{4 << 10, 8 << 10, 16 << 10, 32 << 10} {
		for _, off := range []int{-2, -1, 0, 1} {
			corpus = append(corpus, nasty{
				fmt.Sprintf("dot lines %+d at %d", off, border), dotAt(border + off),
			})
		}
	}
	return corpus
}

// dotAt makes a message in which a lone dot follows a line end at that offset,
// and at each multiple of it.
func dotAt(offset int) string {
	var b strings.Builder
	b.WriteString(head)
	for range 4 {
		b.WriteString(strings.Repeat("x", offset-b.Len()%offset-2))
		b.WriteString("\r\n.\r\n..\r\n")
	}
	return b.String()
}

func dots(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(".", i) + "\r\n")
	}
	return b.String()
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-Field-%d: value\r\n", i)
	}
	return b.String()
}

func controls() string {
	var b strings.Builder
	for c := byte(1); c < 32; c++ {
		if c != '\r' && c != '\n' {
			b.WriteByte(c)
		}
	}
	return b.String() + "\x7f"
}

func everyOctet() string {
	var b strings.Builder
	for c := 1; c < 256; c++ {
		if c != '\r' && c != '\n' {
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}

// delivered is what a device must get of a message: IMAP's octets with two
// changes. A bare LF becomes CRLF, and the last line gets the line end that it
// lacks. Nothing else is touched; an empty message stays empty.
func delivered(raw []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(raw) + 2)
	for i, c := range raw {
		if c == '\n' && (i == 0 || raw[i-1] != '\r') {
			b.WriteByte('\r')
		}
		b.WriteByte(c)
	}
	switch {
	case len(raw) == 0 || raw[len(raw)-1] == '\n':
	case raw[len(raw)-1] == '\r':
		b.WriteByte('\n')
	default:
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// top is what TOP must give of a delivered message: the header, the blank line
// and n lines (RFC 1939 §7).
func top(message []byte, n int) []byte {
	rest, body, end := message, false, 0
	for len(rest) > 0 && (!body || n > 0) {
		length := bytes.IndexByte(rest, '\n') + 1
		line := rest[:length]
		switch {
		case body:
			n--
		case bytes.Equal(line, []byte("\r\n")):
			body = true
		}
		end += length
		rest = rest[length:]
	}
	return message[:end]
}
