package abuse_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// saslInputs break AUTH at each of its points (RFC 5034, RFC 4616).
func saslInputs() (list []input) {
	responses := []string{
		"!", "====", "a", "ab", "abc", "a===", "YQ", "YQ=", "YR==", "YQ==YQ==", "YQ== x", "YQ\t==", "Y Q==", "_-_-", "YWxpY2U\x00", "YWxp\x80", "*x", "**", "%%%", "\"YQ==\"", "{4}",
	}
	points := []struct{ name, begin, text string }{
		{"as the initial response to PLAIN", "", "AUTH PLAIN %s\r\n"},
		{"as the initial response to LOGIN", "", "AUTH LOGIN %s\r\n"},
		{"in answer to PLAIN", "AUTH PLAIN\r\n", "%s\r\n"},
		{"as LOGIN's user", "AUTH LOGIN\r\n", "%s\r\n"},
		{"as LOGIN's password", "AUTH LOGIN\r\n" + b64(user) + "\r\n", "%s\r\n"},
	}
	for _, p := range points {
		for _, r := range responses {
			list = append(list, input{name: fmt.Sprintf("%q %s", r, p.name), begin: p.begin, text: fmt.Sprintf(p.text, r)})
		}
		if p.begin == "" {
			continue
		}
		list = append(list,
			input{name: "cancelled " + p.name, begin: p.begin, text: "*\r\n"},
			input{name: "the end " + p.name, begin: p.begin, silent: true},
			input{name: "half a line " + p.name, begin: p.begin, text: "YQ", silent: true},
			input{name: "too long " + p.name, begin: p.begin, text: strings.Repeat("YWFh", 4000) + "\r\n"},
			input{name: "a command " + p.name, begin: p.begin, text: "QUIT?\r\n"},
		)
	}
	for _, message := range []string{
		"", "\x00", "\x00\x00", "\x00\x00\x00", "alice", "alice\x00wonderland", "\x00alice\x00wonder\x00land", "\x00alice@example.org\x00", "\x00\x00wonderland",
		"bob\x00alice@example.org\x00wonderland", "alice@example.org \x00alice@example.org\x00wonderland", "\x00alice@example.org\x00wonderland\r\nQUIT", "\x00alice@example.org\x00wonderland\n",
		"\x00alice@example.org\r\n\x00wonderland", "\x00alice@example.org\x00wonderland ", "\x00" + strings.Repeat("a", 2000) + "\x00x", "\x00alice@example.org\x00" + strings.Repeat("p", 5000),
	} {
		list = append(list,
			input{name: fmt.Sprintf("PLAIN %.40q at once", message), text: "AUTH PLAIN " + orEmpty(b64(message)) + "\r\n"},
			input{name: fmt.Sprintf("PLAIN %.40q when asked", message), begin: "AUTH PLAIN\r\n", text: b64(message) + "\r\n"},
		)
	}
	return list
}

// orEmpty is how RFC 5034 §4 writes an empty initial response.
func orEmpty(s string) string {
	if s == "" {
		return "="
	}
	return s
}

// longInputs are longer than any line may be.
func longInputs() (list []input) {
	const mega = 1 << 20
	for _, begin := range []string{"", loggedIn} {
		for _, start := range []string{"", "USER ", "RETR ", "NOOP ", "AUTH PLAIN ", "\x00", "\r"} {
			for _, end := range []string{"\r\n", "\n", ""} {
				list = append(list, input{name: fmt.Sprintf("%q and a megabyte and %q, begun with %.4q", start, end, begin), begin: begin, text: start + strings.Repeat("a", mega) + end})
			}
		}
	}
	for _, n := range []int{8193, 8194, 12288, 12289, 12290, 16384, 65536} {
		list = append(list, input{name: fmt.Sprintf("a line of %d octets", n), text: strings.Repeat("a", n) + "\r\n"})
		list = append(list, input{name: fmt.Sprintf("PASS with %d octets", n), begin: "USER alice@example.org\r\n", text: "PASS " + strings.Repeat("a", n) + "\r\n"})
	}
	return list
}

// foreignInputs are other protocols.
func foreignInputs() (list []input) {
	for _, verb := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "EHLO", "HELO", "MAIL"} {
		// What follows a foreign verb is not looked at: a browser cannot be made
		// to log in or to delete by the lines of a form.
		list = append(list, input{name: verb, text: verb + " / HTTP/1.1\r\nHost: x\r\n\r\nUSER alice@example.org\r\nPASS wonderland\r\nDELE 1\r\nQUIT\r\n", silent: true})
	}
	return append(list,
		input{name: "HTTP/2", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", silent: true},
		input{name: "a ClientHello", text: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x55", 500), silent: true},
		input{name: "one octet of a ClientHello", text: "\x16", silent: true},
		input{name: "IMAP", text: "a001 LOGIN alice@example.org wonderland\r\n"},
		input{name: "SSH", text: "SSH-2.0-OpenSSH_9.6\r\n"},
		input{name: "PROXY protocol 1", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1 110\r\n", silent: true},
		input{name: "PROXY protocol 2", text: "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x6e"},
		input{name: "XCLIENT", text: "XCLIENT ADDR=192.0.2.1\r\n"},
	)
}

// randomInputs are what comes out of a line that is cut anywhere, with a fixed
// seed. No line of them begins a TLS handshake, or is a good command.
func randomInputs() (list []input) {
	random := rand.New(rand.NewPCG(110, 995))
	for i := range 60 {
		var b strings.Builder
		b.WriteString("\x01")
		for range random.IntN(3000) {
			octet := byte(random.IntN(256))
			if octet == '\n' {
				b.WriteString("\n\x01")
				continue
			}
			b.WriteByte(octet)
		}
		list = append(list, input{name: fmt.Sprintf("random octets %d", i), text: b.String() + "\n"})
	}
	return list
}
