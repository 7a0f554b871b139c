package demo

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second // turns a hang into a failure; nothing waits so long

// demoNow is the present of all tests.
func demoNow() time.Time { return time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC) }

// start runs a server for alice with n messages and returns its address.
func start(t *testing.T, n int) (*Server, string) {
	t.Helper()
	s := NewServer(Options{User: "alice@example.org", Password: "wonder land", Messages: n, Now: demoNow()})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, l.Addr().String()
}

// witness is go-imap's client, logged in, with the mailbox selected.
func witness(t *testing.T, addr, mailbox string, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login("alice@example.org", "wonder land").Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select(mailbox, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// fetchOne reads one section of one message to its end.
func fetchOne(t *testing.T, c *imapclient.Client, uid imap.UID, section imap.FetchItemBodySection) []byte {
	t.Helper()
	section.Peek = true
	cmd := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{&section}})
	var got []byte
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
				var err error
				if got, err = io.ReadAll(body.Literal); err != nil {
					t.Fatal(err)
				}
				if int64(len(got)) != body.Literal.Size() {
					t.Fatalf("UID %d: %d octets announced, %d sent", uid, body.Literal.Size(), len(got))
				}
			}
		}
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEveryMessageIsServedOctetForOctet(t *testing.T) {
	_, addr := start(t, 60)
	c := witness(t, addr, "INBOX", nil)
	for i, l := range corpus(demoNow(), 60) {
		uid := firstUID + imap.UID(i)
		whole := fetchOne(t, c, uid, imap.FetchItemBodySection{})
		if !bytes.Equal(whole, l.octets) {
			t.Errorf("UID %d: BODY[] differs: %d octets sent, %d stored", uid, len(whole), len(l.octets))
		}
		header := fetchOne(t, c, uid, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader})
		text := fetchOne(t, c, uid, imap.FetchItemBodySection{Specifier: imap.PartSpecifierText})
		if !bytes.Equal(append(bytes.Clone(header), text...), l.octets) {
			t.Errorf("UID %d: BODY[HEADER] and BODY[TEXT] do not make the message", uid)
		}
		middle := fetchOne(t, c, uid, imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 100, Size: 77}})
		if want := l.octets[min(100, len(l.octets)):min(177, len(l.octets))]; !bytes.Equal(middle, want) {
			t.Errorf("UID %d: <100.77> is %q, want %q", uid, middle, want)
		}
	}
}

func TestListingOfAllAttributes(t *testing.T) {
	_, addr := start(t, 0)
	c := witness(t, addr, "INBOX", nil)
	all := imap.UIDSet{{Start: 1, Stop: 0}}
	messages, err := c.Fetch(all, &imap.FetchOptions{
		UID: true, Flags: true, RFC822Size: true, InternalDate: true, Envelope: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	letters := corpus(demoNow(), 0)
	if len(messages) != len(letters) {
		t.Fatalf("%d messages, want %d", len(messages), len(letters))
	}
	for i, m := range messages {
		if m.UID != firstUID+imap.UID(i) || m.SeqNum != uint32(i+1) {
			t.Errorf("message %d: number %d, UID %d", i+1, m.SeqNum, m.UID)
		}
		if m.RFC822Size != int64(len(letters[i].octets)) {
			t.Errorf("UID %d: RFC822.SIZE %d, want %d", m.UID, m.RFC822Size, len(letters[i].octets))
		}
		if !m.InternalDate.Equal(letters[i].date) {
			t.Errorf("UID %d: INTERNALDATE %v, want %v", m.UID, m.InternalDate, letters[i].date)
		}
		if m.Envelope == nil || m.Envelope.Subject == "" || m.BodyStructure == nil {
			t.Errorf("UID %d: envelope %+v, structure %v", m.UID, m.Envelope, m.BodyStructure)
		}
	}
}

func TestMessagesCanBeAnyNumber(t *testing.T) {
	for _, n := range []int{1, 3, 41, 42, 500} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			_, addr := start(t, n)
			c := witness(t, addr, "INBOX", nil)
			status, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true, UIDNext: true, Size: true}).Wait()
			if err != nil {
				t.Fatal(err)
			}
			var size int64
			for _, l := range corpus(demoNow(), n) {
				size += int64(len(l.octets))
			}
			if *status.NumMessages != uint32(n) || status.UIDNext != firstUID+imap.UID(n) || *status.Size != size {
				t.Errorf("%d messages, UIDNEXT %d, %d octets; want %d, %d, %d",
					*status.NumMessages, status.UIDNext, *status.Size, n, firstUID+imap.UID(n), size)
			}
		})
	}
}
