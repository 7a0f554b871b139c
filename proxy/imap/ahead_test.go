package imap

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

// aheadOf selects a mailbox with a Fetch in the same flight, and gives the UIDs that it brought.
func aheadOf(c *Conn, opened func(*Selected) error) (s *Selected, uids []goimap.UID, a *Ahead, err error) {
	a = &Ahead{Items: Items{Flags: true, Size: true, Incomplete: true}, Opened: opened, Each: func(m *Message) error {
		uids = append(uids, m.UID)
		return nil
	}}
	s, err = c.Select(ctx, "INBOX", SelectOptions{Ahead: a})
	return s, uids, a, err
}

const inFlight = greeted + "C: A1 SELECT \"INBOX\"\nC: A2 UID FETCH 1:* (UID FLAGS RFC822.SIZE)\n"

// TestAhead: both commands are out before the first is answered, and only what comes behind
// the OK to SELECT is of the mailbox that was selected.
func TestAhead(t *testing.T) {
	c := dial(t, Options{}, inFlight+`
	S: * 9 FETCH (UID 99 FLAGS () RFC822.SIZE 9)
	S: * 2 EXISTS
	S: * OK [UIDVALIDITY 7] ok
	S: A1 OK [READ-WRITE] selected
	S: * 1 FETCH (UID 11 FLAGS () RFC822.SIZE 100)
	S: * 1 EXPUNGE
	S: * 1 FETCH (UID 12 FLAGS () RFC822.SIZE 100)
	S: A2 OK done
	C: A3 NOOP
	S: A3 OK`)
	seen := uint32(0)
	s, uids, a, err := aheadOf(c, func(s *Selected) error { seen = s.UIDValidity; return nil })
	check(t, err)
	check(t, a.Err)
	if s.Messages != 2 || seen != 7 || !slices.Equal(uids, []goimap.UID{11, 12}) {
		t.Errorf("selected %+v, and listed %v of UIDVALIDITY %d", s, uids, seen)
	}
	if got := c.Changes(); got.Expunged != 1 || !got.Dirty {
		t.Errorf("what changed meanwhile is forgotten: %+v", got)
	}
	check(t, c.Noop(ctx))
}

// TestAheadRefused: a refusal of either leaves the connection as it should be.
func TestAheadRefused(t *testing.T) {
	c := dial(t, Options{}, inFlight+`
	S: A1 NO [NONEXISTENT] no
	S: * 1 FETCH (UID 11 FLAGS () RFC822.SIZE 100)
	S: A2 OK of whatever was selected before
	C: A3 NOOP
	S: A3 OK`)
	_, uids, _, err := aheadOf(c, func(*Selected) error { t.Error("nothing is open"); return nil })
	if wantStatus(t, err, "NO", "NONEXISTENT"); len(uids) > 0 {
		t.Errorf("listed %v", uids)
	}
	check(t, c.Noop(ctx))

	c = dial(t, Options{}, inFlight+`
	S: * 0 EXISTS
	S: A1 OK
	S: A2 BAD no messages
	C: A3 NOOP
	S: A3 OK`)
	_, _, a, err := aheadOf(c, func(*Selected) error { return nil })
	check(t, err)
	wantStatus(t, a.Err, "BAD", "")
	check(t, c.Noop(ctx))
}

// TestAheadUnwanted: who does not want what is in flight has it end with the connection.
func TestAheadUnwanted(t *testing.T) {
	c := dial(t, Options{}, inFlight+`
	S: * 4000000000 EXISTS
	S: A1 OK
	ANY`)
	unwanted := errors.New("too many")
	s, uids, a, err := aheadOf(c, func(*Selected) error { return unwanted })
	if check(t, err); !errors.Is(a.Err, unwanted) || s.Messages != 4000000000 || len(uids) > 0 || c.Err() == nil {
		t.Errorf("selected %+v, listed %v: %v; the connection: %v", s, uids, a.Err, c.Err())
	}
}

// TestAtOnce: what goes in one flight leaves in one piece.
func TestAtOnce(t *testing.T) {
	client, server := net.Pipe()
	sent := make(chan string, 1)
	go func() {
		defer server.Close()
		_, _ = io.WriteString(server, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
		piece := make([]byte, 1000)
		n, _ := server.Read(piece)
		sent <- string(piece[:n])
		_, _ = io.WriteString(server, "* 0 EXISTS\r\nA1 OK\r\nA2 OK\r\n")
	}()
	c, err := New(ctx, client, withHang(Options{}))
	check(t, err)
	defer c.Close()
	_, _, a, err := aheadOf(c, func(*Selected) error { return nil })
	check(t, err)
	check(t, a.Err)
	if got := <-sent; !strings.HasPrefix(got, "A1 SELECT") || !strings.HasSuffix(got, "A2 UID FETCH 1:* (UID FLAGS RFC822.SIZE)\r\n") {
		t.Errorf("the first piece is %q", got)
	}
}

// TestAheadOfALiteral: a name that the server has to ask for is waited for first.
func TestAheadOfALiteral(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 SELECT {3}
	S: + go on
	C: a"b
	C: A2 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 0 EXISTS
	S: A1 OK
	S: A2 OK`)
	a := &Ahead{Items: Items{Size: true}, Opened: func(*Selected) error { return nil }}
	_, err := c.Select(ctx, `a"b`, SelectOptions{Ahead: a})
	check(t, err)
	check(t, a.Err)
}
