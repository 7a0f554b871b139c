package translate

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Unreadable is what a device gets in the place of a message that its upstream
// cannot give, again and again, while it gives others.
type Unreadable uint8

// What a device gets.
const (
	// UnreadableError is -ERR, each time.
	UnreadableError Unreadable = iota
	// UnreadablePlaceholder is a short message that says what is wrong: programs
	// that stop at -ERR get past it (mpop).
	UnreadablePlaceholder
)

var unreadableWords = []string{"error", "placeholder"}

// String gives the operator's word.
func (u Unreadable) String() string { return unreadableWords[u] }

// MarshalText gives the operator's word.
func (u Unreadable) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText takes one of error, placeholder.
func (u *Unreadable) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(u), string(text), unreadableWords)
}

// Notice is what can be said of a message that cannot be read.
type Notice struct {
	UID         imap.UID
	UIDValidity uint32
	Subject     string // as its header has it; empty: not known
	Received    time.Time
}

// maxSubject bounds what a notice repeats of a subject, in octets: a line of a
// header has 998 at the most (RFC 5322 §2.1.1).
const maxSubject = 800

// Text is an RFC 5322 message of our own. Nothing in it is the upstream's but the
// subject, whose octets are held to one line.
func (n Notice) Text() string {
	subject := printableLine(n.Subject)
	if subject == "" {
		subject = "(subject not known)"
	}
	received := n.Received
	if received.IsZero() {
		received = time.Unix(0, 0).UTC()
	}
	lines := []string{
		"Message-ID: <unreadable." + fmt.Sprintf("%d.%d", n.UIDValidity, n.UID) + "@popbridge.invalid>",
		"Date: " + received.Format(time.RFC1123Z),
		"From: Mail service <popbridge@popbridge.invalid>",
		"Subject: Message cannot be read: " + subject,
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: 8bit",
		"Auto-Submitted: auto-generated",
		"",
		"The mail server has a message here that it cannot give to this device,",
		"although it gives others. This text stands in its place.",
		"",
		fmt.Sprintf("Its UID is %d (UIDVALIDITY %d). Its subject:", n.UID, n.UIDValidity),
		subject,
		"",
		"The message is still on the server. To delete this text on the server",
		"deletes the message there. Please tell your mail administrator.",
		"",
	}
	return strings.Join(lines, "\r\n")
}

// printableLine makes one line of a header's value, without control octets.
func printableLine(s string) string {
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxSubject {
		s = strings.ToValidUTF8(s[:maxSubject], "") + "..."
	}
	return s
}

// Top gives how the text begins, as TOP has it.
func (n Notice) Top(lines int) string {
	text := n.Text()
	end, _ := NewTop(lines).Take([]byte(text))
	return text[:end]
}
