package translate_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"popbridge/translate"
)

// cutTop is what TOP means, said as simply as it can be: lines up to and with the
// first empty one, then so many more.
func cutTop(message string, lines int) string {
	var answer []byte
	body := false
	for line := range bytes.Lines([]byte(message)) {
		if body && lines == 0 {
			break
		}
		answer = append(answer, line...)
		if body {
			lines--
		} else if s := string(line); s == "\n" || s == "\r\n" {
			body = true
		}
	}
	return string(answer)
}

func takeTop(t interface{ Fatalf(string, ...any) }, lines int, pieces ...string) (got string, done bool) {
	top := translate.NewTop(lines)
	for _, piece := range pieces {
		n, complete := top.Take([]byte(piece))
		if n < 0 || n > len(piece) || done && n > 0 || done && !complete {
			t.Fatalf("Take(%q) = %d, %v after done = %v", piece, n, complete, done)
		}
		if !complete && n != len(piece) {
			t.Fatalf("Take(%q) = %d, and the answer is not complete", piece, n)
		}
		got += piece[:n]
		done = complete
	}
	return got, done
}

func TestTop(t *testing.T) {
	const message = "Subject: x\r\n\r\n1\r\n\r\n3\r\n"
	for _, test := range []struct {
		message string
		lines   int
		want    string
		done    bool
	}{
		{message, 0, "Subject: x\r\n\r\n", true},
		{message, 1, "Subject: x\r\n\r\n1\r\n", true},
		{message, 2, "Subject: x\r\n\r\n1\r\n\r\n", true},
		{message, 3, message, true},
		{message, 4, message, false},
		{"Subject: no body\r\n", 5, "Subject: no body\r\n", false},
		{"\r\nbody\r\nmore\r\n", 1, "\r\nbody\r\n", true},
		{"bare: LF\n\n1\n2\n", 1, "bare: LF\n\n1\n", true},
		{"a: b\r\n\r\r\nstill the header\r\n\r\n1\r\n", 0, "a: b\r\n\r\r\nstill the header\r\n\r\n", true},
		{"", 1, "", false},
	} {
		if got, done := takeTop(t, test.lines, test.message); got != test.want || done != test.done {
			t.Errorf("TOP %q %d: %q, %v; want %q, %v", test.message, test.lines, got, done, test.want, test.done)
		}
		if got, _ := takeTop(t, test.lines, strings.Split(test.message, "")...); got != test.want {
			t.Errorf("TOP %q %d, octet by octet: %q; want %q", test.message, test.lines, got, test.want)
		}
	}
}

func TestTopWhereverTheMessageIsCut(t *testing.T) {
	piece := rapid.StringOf(rapid.SampledFrom([]rune("\r\n\r\nab.")))
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces")
		lines := rapid.IntRange(0, 5).Draw(t, "lines")
		var message string
		for _, p := range pieces {
			message += p
		}
		got, done := takeTop(t, lines, pieces...)
		if want := cutTop(message, lines); got != want {
			t.Fatalf("TOP of %q: %q, want %q", message, got, want)
		}
		if !done && got != message {
			t.Fatalf("TOP of %q ends early with %q and is not done", message, got)
		}
	})
}
