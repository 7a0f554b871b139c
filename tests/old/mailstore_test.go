package old

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"popbridge/proxy/migration/mailstore"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
	"popbridge/translate"
)

const alice = "alice@example.org"

// TestServersSayTheSame compares what is read from the mail store with what the very
// server tells by POP3: number, order, unique-ids, octets, and the messages' contents.
func TestServersSayTheSame(t *testing.T) {
	letters := servers.Letters(120)
	for _, test := range []struct {
		kind string
		read func(fs.FS) ([]mailstore.Message, error)
	}{
		{"courier", mailstore.Courier},
		{"dovecot", func(store fs.FS) ([]mailstore.Message, error) { return mailstore.Dovecot(store, mailstore.FileNames) }},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			old := servers.StartOld(t, test.kind, nil)
			old.Deliver(t, alice, letters[:100])
			told(t, old.Server, false)
			old.Deliver(t, alice, letters[100:])
			want := told(t, old.Server, true)
			list, err := test.read(os.DirFS(old.MailFolder(alice)))
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != len(want) {
				t.Fatalf("the mail store has %d messages, the server %d", len(list), len(want))
			}
			twins := make(map[translate.ContentKey]int)
			for _, m := range want {
				twins[m.Print.Header]++
			}
			for i, m := range list {
				if body := m.Print.Body != (translate.ContentKey{}); body != (twins[m.Print.Header] > 1 || m.Print.Sent == (translate.ContentKey{})) {
					t.Errorf("message %d: its body is known: %v", i+1, body)
				}
				m.Print.Body, want[i].Print.Body = translate.ContentKey{}, translate.ContentKey{}
				if m != want[i] {
					t.Errorf("message %d is %+v, and the server says %+v", i+1, m, want[i])
				}
			}
		})
	}
}

// told is what a server says by POP3; with contents all messages are read.
func told(t *testing.T, s *servers.Server, contents bool) (messages []mailstore.Message) {
	t.Helper()
	c := bridge.Login(t, s.POP3, alice, servers.Users()[alice])
	if s.Name == "courier" {
		c.OK("UTF8") // or it wraps messages whose headers have 8-bit octets
	}
	sizes := c.Lines("LIST")
	for i, line := range c.Lines("UIDL") {
		var m mailstore.Message
		_, m.UniqueID, _ = strings.Cut(line, " ")
		if _, err := fmt.Sscanf(sizes[i], "%d %d", new(int), &m.Octets); err != nil {
			t.Fatal(err)
		}
		if contents {
			m.Print = translate.PrintHeader(c.Message(fmt.Sprintf("RETR %d", i+1)))
		}
		messages = append(messages, m)
	}
	c.Quit()
	return messages
}
