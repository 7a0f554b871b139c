package pop3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"popbridge/proxy/pop3"
)

func TestRetrieve(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{"x\r\n.\r\n", "x\r\n"},
		{".\r\n", ""},
		{"\r\n.\r\n", "\r\n"},
		{"..\r\n.\r\n", ".\r\n"},
		{"..x\r\n...\r\n.\r\n", ".x\r\n..\r\n"},
		{".x\r\n.\r\n", "x\r\n"},
		{"a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"},
		{"a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"},
		{"a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n"},
		{".\nb\r\n.\r\n", "\nb\r\n"},
		{".\r.\r\n.\r\n", "\r.\r\n"},
		{"nul\x00\xff\r\n.\r\n", "nul\x00\xff\r\n"},
		{strings.Repeat("long", 20000) + "\r\n.\r\n", strings.Repeat("long", 20000) + "\r\n"},
	} {
		var octets []string
		for i := range min(len(test.sent), 500) {
			octets = append(octets, test.sent[i:i+1])
		}
		for _, pieces := range [][]string{{"+OK\r\n", test.sent}, {"+OK\r\n" + test.sent}, append(append([]string{"+OK\r\n"}, octets...), test.sent[len(octets):])} {
			pieces = slices.DeleteFunc(pieces, func(p string) bool { return p == "" })
			c, w := greeted(t, append(pieces, "+OK\r\n")...)
			var got bytes.Buffer
			n, err := c.Retrieve(t.Context(), 7, &got)
			if err != nil || got.String() != test.want || n != int64(len(test.want)) {
				t.Errorf("%.40q in %d pieces: %.40q, %d octets, %v", test.sent, len(pieces), got.String(), n, err)
			}
			if err := c.Quit(t.Context()); err != nil || w.output.String() != "RETR 7\r\nQUIT\r\n" {
				t.Errorf("%.40q: QUIT behind it: %v, sent %q", test.sent, err, w.output.String())
			}
		}
	}
}

// A message that is cut, wherever, is an error, and what was written is a part of
// it from its beginning.
func TestAMessageThatIsCut(t *testing.T) {
	const sent, message = "+OK 9 octets\r\nab\r\n..\r\nc\r\n.\r\n", "ab\r\n.\r\nc\r\n"
	for end := range len(sent) {
		c, _ := greeted(t, sent[:end])
		var got bytes.Buffer
		_, err := c.Retrieve(t.Context(), 1, &got)
		if !errors.Is(err, io.ErrUnexpectedEOF) || c.Err() == nil || !strings.HasPrefix(message, got.String()) {
			t.Errorf("cut at %d: %q, %v", end, got.String(), err)
		}
	}
}

func TestAMessageThatIsRefused(t *testing.T) {
	c, _ := greeted(t, "-ERR no such message\r\n", "+OK\r\nx\r\n.\r\n")
	var got bytes.Buffer
	var refused *pop3.ReplyError
	if _, err := c.Retrieve(t.Context(), 1, &got); !errors.As(err, &refused) || got.Len() > 0 || c.Err() != nil {
		t.Errorf("%q, %v", got.String(), err)
	}
	if _, err := c.Top(t.Context(), 2, 3, &got); err != nil || got.String() != "x\r\n" {
		t.Errorf("the next: %q, %v", got.String(), err)
	}
}

type fullWriter struct{ error }

func (f fullWriter) Write([]byte) (int, error) { return 0, f.error }

func TestAWriterThatFails(t *testing.T) {
	c, _ := greeted(t, "+OK\r\nx\r\n.\r\n")
	full := fullWriter{errors.New("the device is gone")}
	var device *pop3.WriterError
	if _, err := c.Retrieve(t.Context(), 1, full); !errors.As(err, &device) || !errors.Is(err, full.error) || c.Err() == nil {
		t.Errorf("%v, the connection: %v", err, c.Err())
	}
}

// What Body sends, Client reads, whatever the message and wherever it is cut.
func TestBothSidesAgree(t *testing.T) {
	piece := rapid.SliceOfN(rapid.SampledFrom([]byte("\r\n\r\n..ab\x00")), 0, 12)
	rapid.Check(t, func(rt *rapid.T) {
		message := bytes.Join(rapid.SliceOfN(piece, 0, 8).Draw(rt, "message"), nil)
		sent, _, err := send(message)
		if err != nil {
			rt.Fatal(err)
		}
		cut := rapid.IntRange(1, len(sent)).Draw(rt, "cut")
		pieces := slices.DeleteFunc([]string{sent[:cut], sent[cut:]}, func(p string) bool { return p == "" })
		c, _ := greeted(t, pieces...)
		var got bytes.Buffer
		if _, err := c.Retrieve(t.Context(), 1, &got); err != nil || got.String() != canonical(message) {
			rt.Fatalf("%q was read as %q: %v", canonical(message), got.String(), err)
		}
	})
}

// unstuffed is the reference: the message of an answer and what comes after it.
func unstuffed(answer string) (message, rest string, whole bool) {
	lines := strings.SplitAfter(answer, "\r\n")
	for i, line := range lines {
		if line == ".\r\n" {
			return message, strings.Join(lines[i+1:], ""), true
		}
		message += strings.TrimPrefix(line, ".")
	}
	return message, "", false
}

func FuzzRetrieve(f *testing.F) {
	f.Add([]byte("a\r\n..b\r\n.\r\n+OK"), uint16(5))
	f.Add([]byte(".\r\n"), uint16(2))
	f.Add([]byte("a\n.\r\n\r\n.\r\n"), uint16(8))
	f.Fuzz(func(t *testing.T, answer []byte, cut uint16) {
		at := min(int(cut), len(answer))
		c, _ := greeted(t, slices.DeleteFunc([]string{"+OK\r\n" + string(answer[:at]), string(answer[at:])}, func(p string) bool { return p == "" })...)
		var got bytes.Buffer
		_, err := c.Retrieve(t.Context(), 1, &got)
		message, _, whole := unstuffed(string(answer))
		if whole != (err == nil) || whole && got.String() != message || !strings.HasPrefix(message, got.String()) {
			t.Fatalf("%q: %q, %v; it is %q", answer, got.String(), err, message)
		}
	})
}

func TestHeaders(t *testing.T) {
	numbers := []int{1, 2, 4, 7, 8}
	var answers strings.Builder
	for _, n := range numbers {
		if n == 4 {
			answers.WriteString("-ERR gone\r\n")
		} else {
			fmt.Fprintf(&answers, "+OK\r\nSubject: %d\r\n\r\n.\r\n", n)
		}
	}
	for window, writes := range map[int]int{0: 5, 1: 5, 2: 5, 4: 3, 64: 1} {
		c, w := greeted(t, answers.String())
		var got []string
		err := c.Headers(t.Context(), numbers, window, func(n int, header []byte, refused error) error {
			got = append(got, fmt.Sprintf("%d %q %v", n, header, refused != nil))
			return nil
		})
		want := []string{`1 "Subject: 1\r\n\r\n" false`, `2 "Subject: 2\r\n\r\n" false`, `4 "" true`, `7 "Subject: 7\r\n\r\n" false`, `8 "Subject: 8\r\n\r\n" false`}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("window %d: %q, %v", window, got, err)
		}
		if w.output.String() != "TOP 1 0\r\nTOP 2 0\r\nTOP 4 0\r\nTOP 7 0\r\nTOP 8 0\r\n" || w.writes > writes {
			t.Errorf("window %d: %q in %d writes, not %d", window, w.output.String(), w.writes, writes)
		}
	}
}

// Who gives up in the middle leaves answers on their way.
func TestHeadersThatAreGivenUp(t *testing.T) {
	c, _ := greeted(t, "+OK\r\nx: y\r\n\r\n.\r\n", "+OK\r\nx: y\r\n\r\n.\r\n")
	err := c.Headers(t.Context(), []int{1, 2}, 2, func(int, []byte, error) error { return &pop3.ReplyError{Text: "enough"} })
	if err == nil || c.Err() == nil {
		t.Errorf("%v, the connection: %v", err, c.Err())
	}
}

func TestDelete(t *testing.T) {
	c, w := greeted(t, "+OK\r\n-ERR no\r\n+OK\r\n", "+OK\r\n")
	var refused *pop3.ReplyError
	err := c.Delete(t.Context(), []int{3, 5, 9}, 8, func(n int, err error) {
		if n != 5 || !errors.As(err, &refused) || !strings.Contains(err.Error(), "message 5") {
			t.Errorf("message %d is refused: %v", n, err)
		}
	})
	if err != nil || refused == nil || c.Err() != nil {
		t.Errorf("%v, the connection: %v", err, c.Err())
	}
	if err := c.Noop(t.Context()); err != nil || w.output.String() != "DELE 3\r\nDELE 5\r\nDELE 9\r\nNOOP\r\n" {
		t.Errorf("%q: %v", w.output.String(), err)
	}
}
