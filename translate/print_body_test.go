package translate

import (
	"strings"
	"testing"
)

func bodyOf(message string) Print {
	b := NewBodyPrinter()
	for _, part := range strings.SplitAfter(message, "e") { // cut in the middle of lines
		if _, err := b.Write([]byte(part)); err != nil {
			panic(err)
		}
	}
	return b.Print()
}

func TestBodiesThatServersRewrite(t *testing.T) {
	const message = "Subject: one\r\nTo: two\r\n\r\nThe first line\r\n\r\nand the end\r\n"
	want := bodyOf(message)
	for what, same := range map[string]string{
		"LF":                 strings.ReplaceAll(message, "\r\n", "\n"),
		"no final line end":  strings.TrimSuffix(message, "\r\n"),
		"more of them":       message + "\r\n\r\n",
		"another header":     "Received: x\r\n" + message,
		"a CR that is alone": strings.Replace(message, "line\r\n", "line\r\r\n", 1),
	} {
		if bodyOf(same) != want {
			t.Errorf("%s: another hash", what)
		}
	}
	for what, other := range map[string]string{
		"a blank line less": strings.Replace(message, "line\r\n\r\n", "line\r\n", 1),
		"a blank line more": strings.Replace(message, "\r\n\r\nThe", "\r\n\r\n\r\nThe", 1),
		"a word":            strings.Replace(message, "end", "End", 1),
		"no body":           "Subject: one\r\n\r\n",
	} {
		if bodyOf(other) == want {
			t.Errorf("%s: the same hash", what)
		}
	}
	b := NewBodyPrinter()
	for _, c := range []byte(message) {
		_, _ = b.Write([]byte{c})
	}
	if b.Print() != want {
		t.Error("octet by octet: another hash")
	}
}
