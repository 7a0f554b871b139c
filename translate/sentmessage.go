package translate

import (
	"bytes"
	netmail "net/mail"
	"strings"
)

// SentMessage is what a message that was sent is known by among those of a mailbox.
type SentMessage struct {
	// MessageID and Date are the values of its header.
	MessageID, Date string
	// Given is the Message-ID that the submission server said it has given it; empty
	// where it said none. Outlook.com and Microsoft 365 do so.
	Given string
}

// originalID is where Microsoft keeps the Message-ID that it has replaced.
const originalID = "X-Microsoft-Original-Message-ID"

// SentFields lists the header fields that Is wants.
func SentFields() []string { return []string{"Message-ID", originalID, "Date"} }

// Is reports whether a header may be this message's: its Message-ID and its Date are.
// A date that nobody can read was perhaps replaced.
func (s SentMessage) Is(header []byte) bool {
	var h OutgoingHeader
	for line := range bytes.Lines(header) {
		if ended, _, err := h.Line(line); ended || err != nil {
			break
		}
	}
	named := sameWords(h.Value("message-id"), s.MessageID)
	if s.Given != "" {
		named = named || sameWords(h.Value("message-id"), s.Given)
	}
	if s.MessageID != "" {
		named = named || sameWords(h.Value(strings.ToLower(originalID)), s.MessageID)
	}
	return named && sameDate(s.Date, h.Value("date"))
}

func sameWords(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// sameDate compares moments, since servers write them anew.
func sameDate(sent, there string) bool {
	if sameWords(sent, there) {
		return true
	}
	at, err := netmail.ParseDate(sent)
	if err != nil {
		return true
	}
	when, err := netmail.ParseDate(there)
	return err == nil && at.Equal(when)
}

// GivenMessageID finds the Message-ID in a submission server's answer to a message, such
// as "2.0.0 OK <id@host> [Hostname=host]"; empty where there is none.
func GivenMessageID(text string) string {
	for word := range strings.FieldsSeq(text) {
		inside, ok := strings.CutPrefix(word, "<")
		if inside, closed := strings.CutSuffix(inside, ">"); ok && closed && strings.Contains(inside, "@") && !strings.ContainsAny(inside, "<>") {
			return word
		}
	}
	return ""
}
