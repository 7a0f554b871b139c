package translate_test

import (
	"strings"
	"testing"

	"popbridge/translate"
)

const header = "Received: from a by b\r\nMessage-ID: <1@example.org>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nFrom: A <a@example.org>\r\nTo: b@example.org,\r\n c@example.org\r\nSubject:  a   long\r\n\tsubject \r\n\r\nSubject: not this one\r\n"

func TestDescribeIgnoresWhatServersChange(t *testing.T) {
	want := translate.Describe(1, []byte(header))
	if want.MessageID != "<1@example.org>" || want.Key == (translate.ContentKey{}) {
		t.Fatalf("got %+v", want)
	}
	for name, other := range map[string]string{
		"trace fields":     "X-Spam: no\r\nReturn-Path: <x@example.net>\r\n" + header,
		"bare LF":          strings.ReplaceAll(header, "\r\n", "\n"),
		"unfolded":         strings.ReplaceAll(strings.ReplaceAll(header, "\r\n c@", " c@"), "\r\n\tsubject", " subject"),
		"case of names":    strings.Replace(header, "Message-ID", "MESSAGE-Id", 1),
		"other order":      "Subject: a long subject\r\n" + strings.Replace(header, "Subject:  a   long\r\n\tsubject \r\n", "", 1),
		"only those asked": header[strings.Index(header, "Message-ID"):],
	} {
		if got := translate.Describe(1, []byte(other)); got != want {
			t.Errorf("%s: the key differs", name)
		}
	}
}

func TestDescribeTellsMessagesApart(t *testing.T) {
	want := translate.Describe(1, []byte(header))
	for _, field := range []string{"1@example.org", "10:00:00", "a@example.org", "b@example.org", "subject"} {
		other := strings.Replace(header, field, "x"+field, 1)
		if got := translate.Describe(1, []byte(other)); got.Key == want.Key {
			t.Errorf("a change of %q is not seen", field)
		}
	}
	if got := translate.Describe(1, []byte("X-Scanner: 7\r\n\r\nbody")); got.Key != (translate.ContentKey{}) {
		t.Error("a message without identifying fields has a key: all such messages would be one")
	}
	if translate.GmailKey(1) == translate.GmailKey(2) {
		t.Error("two messages of Gmail's have one key")
	}
	if translate.EmailIDKey("x") == translate.HeaderKey([]byte("x")) {
		t.Error("keys of different kinds are equal")
	}
}

// A Message-ID that no line of a message can hold is not kept: whoever sends mail
// may not fill the ledger with it. It still tells the message from others.
func TestEndlessMessageIDIsNotKept(t *testing.T) {
	describe := func(length int, last string) translate.Description {
		id := "<" + strings.Repeat("x", length-3) + last + ">"
		return translate.Describe(1, []byte("Message-ID: "+id+"\r\n\r\n"))
	}
	if got := describe(998, "a"); len(got.MessageID) != 998 {
		t.Errorf("of a Message-ID of 998 octets %d are kept", len(got.MessageID))
	}
	for _, length := range []int{999, 60_000} {
		got := describe(length, "a")
		if got.MessageID != "" {
			t.Errorf("of a Message-ID of %d octets %d are kept", length, len(got.MessageID))
		}
		if got.Key == (translate.ContentKey{}) || got.Key == describe(length, "b").Key {
			t.Errorf("two messages with Message-IDs of %d octets are one", length)
		}
	}
}
