package clients_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

const (
	login    = "alice@example.org"
	password = "wonderland-26"
	count    = 1000
)

// shop is Dovecot with a thousand messages and popbridge in front of it, started
// with the smallest file of the operator's manual.
type shop struct {
	*clients.User
	w        *servers.Witness
	b        *bridge.Bridge
	messages [][]byte
}

func open(t *testing.T) *shop {
	t.Helper()
	mail := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{login: password}})
	s := &shop{w: servers.Dial(t, mail.IMAP, login, password), messages: letters()}
	s.w.Fill("INBOX", s.messages)
	s.b = bridge.Start(t, bridge.YAML(mail.IMAP, "none", "", ""), password)
	s.User = clients.NewUser(t, s.b.Address("pop3"), login, password)
	return s
}

// letters are a thousand messages of 200 octets to 20 KB, with CRLF line ends
// and lines that begin with dots. They are the same in every run.
func letters() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([][]byte, count)
	for i := range list {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: sender <sender@example.net>\r\nTo: %s\r\nSubject: letter %d\r\n", login, i)
		fmt.Fprintf(&b, "Message-ID: <letter-%d@example.net>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n", i)
		for size := 200 + r.IntN(20_000-200); b.Len() < size; {
			b.WriteString(strings.Repeat(".", r.IntN(3)))
			b.WriteString(strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(72)))
			b.WriteString("\r\n")
		}
		list[i] = b.Bytes()
	}
	return list
}

// sums are the hashes of messages, sorted.
func sums(messages [][]byte) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = fmt.Sprintf("%x", sha256.Sum256(m))
	}
	slices.Sort(list)
	return list
}

// fetched compares what a client has with what the server was given.
func (s *shop) fetched(t *testing.T, got [][]byte) {
	t.Helper()
	same(t, got, s.messages)
}

func same(t *testing.T, got, want [][]byte) {
	t.Helper()
	if slices.Equal(sums(got), sums(want)) {
		return
	}
	t.Errorf("the client has %d messages, want %d, and not the same", len(got), len(want))
	known := sums(want)
	for _, m := range got {
		if !slices.Contains(known, sums([][]byte{m})[0]) {
			t.Fatalf("the server has no such message: %.600q", m)
		}
	}
}

// kept: all messages are in INBOX, and \Seen as the client's RETR has left them.
func (s *shop) kept(t *testing.T, seen bool) {
	t.Helper()
	if got := len(s.w.UIDs("INBOX")); got != count {
		t.Fatalf("INBOX holds %d messages, want %d", got, count)
	}
	data, err := s.w.Client.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	if seen {
		want = count
	}
	if got := len(data.AllUIDs()); got != want {
		t.Errorf("%d messages are \\Seen, want %d", got, want)
	}
}

// deleted: all messages have gone to Trash, each once and unchanged.
func (s *shop) deleted(t *testing.T) {
	t.Helper()
	if got := len(s.w.UIDs("INBOX")); got != 0 {
		t.Errorf("INBOX holds %d messages, want none", got)
	}
	uids := s.w.UIDs("Trash")
	messages, err := s.w.Client.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	trashed := make([][]byte, 0, len(uids))
	for _, m := range messages {
		trashed = append(trashed, m.BodySection[0].Bytes)
	}
	same(t, trashed, s.messages)
}
