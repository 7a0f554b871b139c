package translate_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// described is Describe as it was when the first keys were written to ledgers, word by
// word: a key that is made otherwise recognises nothing any more.
func described(header []byte) (messageID string, key translate.ContentKey) {
	names := translate.IdentifyingFields()
	values := make([]string, len(names))
	field := -1
	for line := range bytes.Lines(header) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if field >= 0 {
				values[field] += " " + string(text)
			}
			continue
		}
		name, value, _ := bytes.Cut(text, []byte(":"))
		field = -1
		for i, f := range names {
			if strings.EqualFold(f, string(bytes.TrimRight(name, " \t"))) {
				field = i
			}
		}
		if field >= 0 && values[field] != "" {
			field = -1
		}
		if field >= 0 {
			values[field] = string(value)
		}
	}
	var canonical strings.Builder
	for i, v := range values {
		v = strings.Join(strings.Fields(v), " ")
		if i == 0 && len(v) <= 998 {
			messageID = v
		}
		if v != "" {
			canonical.WriteString(names[i] + ": " + v + "\n")
		}
	}
	if canonical.Len() > 0 {
		key = translate.HeaderKey([]byte(canonical.String()))
	}
	return messageID, key
}

// Whatever a header looks like, its key is the one that ledgers hold.
func TestKeysStayWhatTheyWere(t *testing.T) {
	names := []string{"Message-ID", "message-id", "MESSAGE-ID ", "Date", "From", "To", "Subject", "\u017fubject", "X-Other", ""}
	words := []string{" ", "  ", "\t", "\r", "\v", "\f", "\x00", "<1@x.test>", "a", "b", "c", "long word", "é", "\u00a0", "\u2003", "\x85", "\xa0", "\x7f", ":", strings.Repeat("y", 990)}
	ends := []string{"\r\n", "\r\n", "\n", "\r\n ", "\n\t", "\r\r\n", "\r\n\r\n", ""}
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for range rapid.IntRange(0, 8).Draw(t, "lines") {
			text = append(text, rapid.SampledFrom(names).Draw(t, "name")+":"...)
			for range rapid.IntRange(0, 5).Draw(t, "words") {
				text = append(text, rapid.SampledFrom(words).Draw(t, "word")...)
			}
			text = append(text, rapid.SampledFrom(ends).Draw(t, "end")...)
		}
		given := bytes.Clone(text)
		got := translate.Describe(1, text)
		if id, key := described(given); got.MessageID != id || got.Key != key {
			t.Errorf("of %q: %q %x, and it was %q %x", given, got.MessageID, got.Key, id, key)
		}
		if !bytes.Equal(text, given) {
			t.Errorf("%q was written over: %q", given, text)
		}
	})
}
