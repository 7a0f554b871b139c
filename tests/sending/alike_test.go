package sending_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// TestMessagesThatLookAlike: devices give all of their messages one Message-ID, or one
// that begins as another does, or send the same text again and again. Each message that
// was sent lies among the sent ones, once.
func TestMessagesThatLookAlike(t *testing.T) {
	l := lying(t, "", "", "")
	const dated = "Date: Mon, 30 Nov 2026 05:00:00 +0000\r\n"
	for name, texts := range map[string][]string{
		"one id":                  {"Message-ID: <1@scanner>\r\nSubject: first\r\n\r\na", "Message-ID: <1@scanner>\r\nSubject: second\r\n\r\nb"},
		"an id within another":    {"Message-ID: <12@scanner>\r\nSubject: long\r\n\r\na", "Message-ID: 12@scanner\r\nSubject: short\r\n\r\na", "Message-ID: 2@scan\r\nSubject: shorter\r\n\r\na"},
		"one id and one date":     {"Message-ID: <2@scanner>\r\n" + dated + "\r\na", "Message-ID: <2@scanner>\r\n" + dated + "\r\nb"},
		"no id, one text":         {"Subject: alarm\r\n\r\na", "Subject: alarm\r\n\r\na"},
		"one id, no date, a text": {"Message-ID: <3@scanner>\r\nSubject: alarm\r\n\r\na", "Message-ID: <3@scanner>\r\nSubject: alarm\r\n\r\na"},
		"an id beyond ASCII":      {"Message-ID: <\xe4@scanner>\r\n" + dated + "\r\na"},
		"an empty id":             {"Message-ID:\r\n" + dated + "\r\na", "Message-ID:\r\n" + dated + "\r\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			mark := "X-Case: " + name + "\r\n"
			for i, text := range texts {
				d := dial(t, l.Address("submission")).login()
				d.send(mark+text+"\r\n", "250")
				d.say("QUIT", "221")
				// One after the other: those that came at once would be looked for at once.
				sent(t, l.witness, "Sent", mark, i+1)
			}
			drained(t, l.folder)
			if copies := sent(t, l.witness, "Sent", mark, len(texts)); len(copies) != len(texts) {
				t.Errorf("%d copies of %d messages: %q", len(copies), len(texts), copies)
			}
		})
	}
}

// TestAProviderThatFilesItself puts what was sent into the mailbox by itself, a moment
// after it has taken the message, perhaps under another Message-ID: popbridge adds nothing.
func TestAProviderThatFilesItself(t *testing.T) {
	d := servers.StartDovecot(t, servers.Dovecot{})
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	state := t.TempDir()
	config := yaml(d.IMAP, smtp.Address(), "", "", fmt.Sprintf("state: {source: %q}", filepath.Join(state, "state.db")))
	b := bridge.Start(t, strings.Replace(config, "    tls: none\n", "    tls: none\n    provider: zoho\n", 1), password)
	w := servers.Dial(t, d.IMAP, alice, password)
	w.CreateMailbox("Sent")
	for name, there := range map[string]string{
		"kept":    "Message-ID: <kept@device>\r\n",
		"renamed": "Message-ID: <renamed@provider>\r\n",
		"aside":   "Message-ID: <other@provider>\r\nX-Microsoft-Original-Message-ID: <aside@device>\r\n",
	} {
		smtp.Lie(liars.SubmissionLie{Verb: "END", Say: "250 2.0.0 OK <" + name + "@provider> [Hostname=provider]\r\n"})
		date := "Date: Mon, 30 Nov 2026 05:00:00 +0000\r\nSubject: " + name + "\r\n"
		dev := dial(t, b.Address("submission")).login()
		dev.send("Message-ID: <"+name+"@device>\r\n"+date+"\r\ntext\r\n", "250")
		w.AppendTo("Sent", []byte("Received: by the provider\r\n"+there+date+"\r\nother text\r\n"))
		dev.say("QUIT", "221")
	}
	drained(t, filepath.Join(state, "sent"))
	if n := len(w.UIDs("Sent")); n != 3 {
		t.Errorf("%d copies of three messages", n)
	}
}
