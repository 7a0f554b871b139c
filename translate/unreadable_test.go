package translate

import (
	netmail "net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestNotice: the text that stands for a message is a message whatever its subject
// holds, and nothing of the subject becomes a field or a line of its own.
func TestNotice(t *testing.T) {
	received := time.Date(2024, 2, 1, 10, 0, 12, 0, time.UTC)
	for name, c := range map[string]struct {
		subject, want string
		received      time.Time
	}{
		"plain":        {"message 2", "message 2", received},
		"not known":    {"", "(subject not known)", received},
		"only blanks":  {" \t\r\n ", "(subject not known)", received},
		"folded":       {"one\r\n two\r\n\tthree", "one two three", received},
		"another line": {"x\r\nBcc: all@x.test\r\n\r\nbody\n.\n", "x Bcc: all@x.test body .", received},
		"control":      {"a\x00b\x1b[2J\x7fc", "a b [2J c", received},
		"not UTF-8":    {"gr\xfc\xdfe", "gr?e", received},
		"beyond ASCII": {"grüße", "grüße", received},
		"long":         {strings.Repeat("ü", 1000), strings.Repeat("ü", 400) + "...", received},
		"no date":      {"x", "x", time.Time{}},
	} {
		n := Notice{UID: 12, UIDValidity: 7, Subject: c.subject, Received: c.received}
		text := n.Text()
		msg, err := netmail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v: %q", name, err, text)
		}
		if got := msg.Header.Get("Subject"); got != "Message cannot be read: "+c.want || len(msg.Header) != 8 {
			t.Errorf("%s: the subject is %q, of %d fields", name, got, len(msg.Header))
		}
		if at, err := msg.Header.Date(); err != nil || !c.received.IsZero() && !at.Equal(c.received) || c.received.IsZero() && at.Unix() != 0 {
			t.Errorf("%s: the date is %v, %v", name, at, err)
		}
		if id := msg.Header.Get("Message-ID"); id != "<unreadable.7.12@popbridge.invalid>" {
			t.Errorf("%s: the Message-ID is %s", name, id)
		}
		if !strings.Contains(text, "Its UID is 12 (UIDVALIDITY 7). Its subject:\r\n"+c.want+"\r\n") {
			t.Errorf("%s: the body is %q", name, text)
		}
		for line := range strings.SplitSeq(text, "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") || !utf8.ValidString(line) {
				t.Errorf("%s: the line %q", name, line)
			}
		}
		if header, _, _ := strings.Cut(text, "\r\n\r\n"); n.Top(0) != header+"\r\n\r\n" || !strings.HasPrefix(text, n.Top(2)) || n.Top(100) != text {
			t.Errorf("%s: TOP gives %q", name, n.Top(0))
		}
	}
}
