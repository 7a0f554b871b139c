package abuse_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestTranscripts plays the dialogues in testdata, which read like those of the
// RFCs. A case begins with "== its name"; the lines above its first C: or S:
// may say "logged in", "over TLS", "after STLS" or "listener name". The mailbox
// is liars.NewMail: four messages that a device sees, of 50 octets each. Each
// case is a device of its own, so that no case sees what another has deleted.
func TestTranscripts(t *testing.T) {
	server := liars.New(t, liars.Options{})
	server.Mail(func(m *liars.Mail) {
		for _, msg := range m.Inbox().Messages {
			_, msg.Text, _ = strings.Cut(msg.Text, "\r\n") // the Message-ID is of no use here
		}
	})
	s := newStageAt(t, server.Address(), "limits: {connections_per_ip: 1000}")
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases := strings.Split("\n"+string(text), "\n== ")
		for _, c := range cases[1:] {
			name, dialogue, _ := strings.Cut(c, "\n")
			played++
			device := fmt.Sprintf("alice+case%d@example.org", played)
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) { s.play(t, device, dialogue) })
		}
	}
	if played < 150 {
		t.Errorf("%d cases, the promise is 150", played)
	}
}

func (s *stage) play(t *testing.T, device, dialogue string) {
	if !strings.Contains(dialogue, "C:") || !strings.Contains(dialogue, "S: ") {
		t.Fatal("a dialogue needs lines of both sides")
	}
	head, _, _ := strings.Cut(dialogue, "C:")
	listener := "pop3"
	if _, named, ok := strings.Cut(head, "listener "); ok {
		listener = strings.Fields(named)[0]
	}
	var c *bridge.Client
	switch {
	case strings.Contains(head, "over TLS"):
		c = bridge.DialTLS(t, s.Address("tls"), s.tls)
	case strings.Contains(head, "after STLS"):
		c = bridge.Dial(t, s.Address("stls"))
		c.OK("STLS")
		c.StartTLS(s.tls)
	default:
		c = bridge.Dial(t, s.Address(listener))
	}
	if strings.Contains(head, "logged in") {
		c.OK("USER " + device)
		c.OK("PASS " + password)
	}
	c.Play(strings.NewReplacer(
		"{user}", device, "{password}", password, "{user64}", b64(device), "{password64}", b64(password), "{wrong64}", b64("wrong"),
		"{plain}", b64("\x00"+device+"\x00"+password), "{plain as itself}", b64(device+"\x00"+device+"\x00"+password),
		"{plain as another}", b64("bob\x00"+device+"\x00"+password), "{plain wrong}", b64("\x00"+device+"\x00wrong"),
	).Replace(dialogue))
	c.Cut()
}
