package translate

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

// headerOf reads a text as a message's, whose lines end with CRLF as what scans them
// leaves them.
func headerOf(text string) (h OutgoingHeader, ok bool) {
	for line := range bytes.Lines([]byte(text)) {
		if ended, _, err := h.Line(line); err != nil {
			return h, false
		} else if ended {
			break
		}
	}
	return h, true
}

// rest gives the fields of a header but for some.
func (h OutgoingHeader) rest(but ...string) (fields []string) {
	for _, f := range h.fields {
		if !slices.Contains(but, f.name) {
			fields = append(fields, string(f.raw))
		}
	}
	return fields
}

// FuzzOutgoing: whatever header comes, what goes out can be read as a header again, and
// differs by what is promised alone; nobody is written to in secret whom others can see,
// and another reader of addresses finds no sender that is not the account's.
func FuzzOutgoing(f *testing.F) {
	for _, seed := range []string{
		"From: Alice <alice@example.org>\r\nBcc: x@y\r\n z@w\r\n\r\n", "From: \"a, b\" <x@y>, alice@example.org\r\nfrom: (c (d) \\) e) <m@n>\r\n\r\n", "FROM :alice@example.org\r\nReply-To: x\r\nMessage-ID: <1@x>\r\nDate: y\r\n\r\n",
		" folded\r\n: x\r\nno field\r\n", "From: =?utf-8?q?a=2C?= <alice@example.org>\r\nResent-Bcc: x\r\nRESENT-BCC : y\r\n\r\n", "From: group: alice@example.org, x@y;\r\n\r\n", "From: <@x:alice@example.org>\r\n\r\n", "From: \"<alice@example.org>\" x@y\r\n\r\n",
	} {
		for policy := range senderWords {
			f.Add(seed, uint8(policy))
		}
	}
	f.Fuzz(func(t *testing.T, text string, policy uint8) {
		var d DataScanner
		scanned, _ := d.Take(nil, []byte(text+"\r\n.\r\n"))
		before, ok := headerOf(string(scanned))
		if !ok {
			return
		}
		s := NewSender(SenderPolicy(policy%3), LoginRules{Lowercase: true}, Login{Account: "alice@example.org"}, "alice@example.org", nil)
		m, refused := Outgoing{Sender: s, Received: "Received: trace\r\n", Date: time.Unix(0, 0).UTC(), MessageID: "<made@here>"}.Prepare(&before)
		if refused != nil {
			if s.Policy != SenderOwn {
				t.Fatalf("%q is refused: %v", text, refused)
			}
			return
		}
		changed := []string{"bcc", "resent-bcc", "received", "message-id", "date"}
		if s.Policy == SenderRewrite {
			changed = append(changed, "from", "reply-to")
		}
		for _, out := range [][]byte{m.Relayed, m.Filed} {
			after, ok := headerOf(string(out))
			if !bytes.HasSuffix(out, crlf) || strings.ContainsAny(strings.ReplaceAll(string(out), "\r\n", ""), "\r\n") || len(bytes.Join(after.lines(), nil))+2 != len(out) || !ok {
				t.Fatalf("%q became %q", text, out)
			}
			if !slices.Equal(before.rest(changed...), after.rest(changed...)) {
				t.Fatalf("%q became %q: other fields differ", text, out)
			}
			if !after.has("message-id") || !after.has("date") || after.Value("message-id") != m.MessageID || after.Value("date") != m.Date {
				t.Fatalf("%q became %q, called %q of %q", text, out, m.MessageID, m.Date)
			}
			senders(t, s, text, after)
		}
		relayed, _ := headerOf(string(m.Relayed))
		if relayed.has("bcc") || relayed.has("resent-bcc") || relayed.fields[0].name != "received" {
			t.Fatalf("%q became %q", text, m.Relayed)
		}
	})
}

func (h OutgoingHeader) lines() (lines [][]byte) {
	for _, f := range h.fields {
		lines = append(lines, f.raw)
	}
	return lines
}

// senders holds what is taken for the account's own against another reader.
func senders(t *testing.T, s Sender, text string, h OutgoingHeader) {
	t.Helper()
	if s.Policy == SenderAny {
		return
	}
	for _, f := range h.fields {
		if f.name != "from" {
			continue
		}
		list, err := netmail.ParseAddressList(f.value())
		for _, a := range list {
			if err == nil && !strings.EqualFold(a.Address, "alice@example.org") {
				t.Fatalf("%q: %q is taken for the account's, and is %q's", text, f.raw, a.Address)
			}
		}
	}
}

// FuzzSMTPCommand: a line's verb is one word, and nothing in it can end a line upstream.
func FuzzSMTPCommand(f *testing.F) {
	for _, seed := range []string{"MAIL FROM:<a@b>", " noop ", "AUTH\tPLAIN x", "\x7f", "x\ry", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseSMTPCommand(line)
		if strings.ContainsAny(line, "\r\n\x00") != (err != nil) && err == nil {
			t.Fatalf("%q is taken", line)
		}
		if err != nil {
			return
		}
		again, err := ParseSMTPCommand(c.Verb + " " + c.Args)
		if err != nil || again != c || strings.ContainsAny(c.Verb, " \t") || strings.ToUpper(c.Verb) != c.Verb {
			t.Fatalf("%q is %+v, and that %+v, %v", line, c, again, err)
		}
	})
}

// FuzzSentMessage: a message is known by its own header, and its name in a server's answer
// can stand in one.
func FuzzSentMessage(f *testing.F) {
	f.Add("<1@x>", "Mon, 30 Nov 2026 05:00:00 +0000", "250 2.0.0 OK <2@y> [Hostname=y]")
	f.Add("1 @x", "", "<a@b")
	f.Fuzz(func(t *testing.T, id, date, said string) {
		given := GivenMessageID(said)
		if given != "" && (strings.ContainsAny(given, " \t\r\n") || !strings.Contains(said, given)) {
			t.Fatalf("%q gives %q", said, given)
		}
		h, ok := headerOf("Message-ID: " + id + "\r\nDate: " + date + "\r\n\r\n")
		if !ok || strings.ContainsAny(id+date, "\r\n") {
			return
		}
		s := SentMessage{MessageID: h.Value("message-id"), Date: h.Value("date"), Given: given}
		if !s.Is([]byte("Date: " + date + "\r\nMessage-ID:\r\n " + id + "\r\n\r\n")) {
			t.Fatalf("%+v is not known by its header", s)
		}
	})
}
