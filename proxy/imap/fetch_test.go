package imap

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

func from(uid goimap.UID) goimap.UIDSet { return goimap.UIDSet{{Start: uid, Stop: 0}} }

// copied gives what Fetch hands out as values of their own.
func copied(t *testing.T, c *Conn, set goimap.UIDSet, items Items) []Message {
	t.Helper()
	var all []Message
	check(t, c.Fetch(ctx, set, items, func(m *Message) error {
		x := *m
		x.Flags = append([]goimap.Flag(nil), m.Flags...)
		x.Header = append([]byte(nil), m.Header...)
		all = append(all, x)
		return nil
	}))
	return all
}

func TestFetch(t *testing.T) {
	c := dial(t, Options{MaxLiteral: 8}, greeted+`
	C: A1 UID FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE MODSEQ EMAILID X-GM-MSGID BODY.PEEK[HEADER.FIELDS (Message-ID Date)])
	S: * 1 FETCH (UID 5 FLAGS (\seen $x]) RFC822.SIZE 9223372036854775807 INTERNALDATE " 3-feb-2026 04:05:06 -0130" MODSEQ (7) EMAILID (M1) X-GM-MSGID 18446744073709551615 BODY[HEADER.FIELDS ("MESSAGE-ID" {4}
	S: DATE)] {4}
	S: a
	S: b)
	S: * 2 FETCH (BODY[HEADER.FIELDS (Message-ID Date)]<0> {10}
	S: 0123456789 THREADID NIL UID 6 FLAGS ( ) EMAILID NIL RFC822.SIZE NIL INTERNALDATE NIL MODSEQ (8)  X-GM-MSGID 1 )
	S: * 1 FETCH (FLAGS (\Deleted) UID 5)
	S: * 3 FETCH (FLAGS ())
	S: * 4 FETCH ()
	S: A1 OK`)
	got := copied(t, c, from(1), Items{Flags: true, Size: true, InternalDate: true, ModSeq: true, EmailID: true, GmailMsgID: true, HeaderFields: []string{"Message-ID", "Date"}})
	all := AttrFlags | AttrSize | AttrInternalDate | AttrModSeq | AttrEmailID | AttrGmailMsgID | AttrHeader | attrUID
	want := []Message{
		{UID: 5, Seq: 1, Has: all, Size: 1<<63 - 1, Flags: []goimap.Flag{goimap.FlagSeen, "$x]"}, InternalDate: time.Date(2026, 2, 3, 5, 35, 6, 0, time.UTC), ModSeq: 7, EmailID: "M1", GmailMsgID: 1<<64 - 1, Header: []byte("a\r\nb")},
		{UID: 6, Seq: 2, Has: all, ModSeq: 8, GmailMsgID: 1, Header: []byte("01234567")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("messages %+v", got)
	}
	if !c.Changes().Dirty {
		t.Error("the flags told unasked went unnoticed")
	}
}

// TestFetchTakesOnlyAnswers: what does not carry the UID and all that was asked for, or is outside the set, is no answer.
func TestFetchTakesOnlyAnswers(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 UID FETCH 5,7:9 (UID RFC822.SIZE)
	S: * 1 FETCH (UID 5 FLAGS ())
	S: * 2 FETCH (RFC822.SIZE 3)
	S: * 3 FETCH (UID 6 RFC822.SIZE 3)
	S: * 4 FETCH (UID 8 RFC822.SIZE 4)
	S: A1 OK`)
	got := copied(t, c, goimap.UIDSet{{Start: 5, Stop: 5}, {Start: 7, Stop: 9}}, Items{Size: true})
	if len(got) != 1 || got[0].UID != 8 || got[0].Size != 4 {
		t.Errorf("messages %+v", got)
	}
}

func TestFetchWholeHeader(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 UID FETCH 1:* (UID BODY.PEEK[HEADER])
	S: * 1 FETCH (UID 5 BODY[HEADER] {8}
	S: a: b
	S:
	S: )
	S: * 2 FETCH (UID 6 BODY[HEADER] "")
	S: A1 OK`)
	got := copied(t, c, from(1), Items{WholeHeader: true})
	if len(got) != 2 || string(got[0].Header) != "a: b\r\n\r\n" || got[1].UID != 6 || len(got[1].Header) != 0 {
		t.Errorf("messages %+v", got)
	}
}

func TestFetchStopsHandingOut(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID)\nS: * 1 FETCH (UID 1)\nS: * 2 FETCH (UID 2)\nS: A1 OK\nC: A2 NOOP\nS: A2 OK")
	n := 0
	err := c.Fetch(ctx, from(1), Items{}, func(*Message) error { n++; return io.ErrShortBuffer })
	if n != 1 || !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("%d messages, error %v", n, err)
	}
	check(t, c.Noop(ctx))
	check(t, c.Fetch(ctx, nil, Items{}, nil))
}

func TestFetchNumbers(t *testing.T) {
	for _, line := range []string{"4294967296 FETCH (UID 1)", "1 FETCH (UID 1 UID 2)", "1 FETCH (UID 0 UID 2)", "1 FETCH (UID 1 MODSEQ (9223372036854775808))",
		"1 FETCH (UID 1", "1 FETCH UID 1", "1 FETCH (UID 1))", "1 FETCH (UID 1 X))", "1 FETCH (UID 1 BODY[x"} {
		c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1 (UID)\nS: * "+line)
		wantBroken(t, c, c.Fetch(ctx, goimap.UIDSetNum(1), Items{}, func(*Message) error { return nil }))
	}
}

func TestSearch(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 UID SEARCH OR DELETED KEYWORD $POP3Deleted
	S: * SEARCH 3 2 1 9
	S: * SEARCH 10 9 4294967295  (MODSEQ 917162500)
	S: A1 OK [CAPABILITY IMAP4rev1 ESEARCH]
	C: A2 UID SEARCH RETURN (ALL) ALL
	S: * ESEARCH (TAG "A1") UID ALL 77
	S: * ESEARCH UID COUNT 3 (TAG {2}
	S: A2) MIN 1 ALL 4294967290:4294967295,1:2 MODSEQ 5
	S: A2 OK
	C: A3 UID SEARCH RETURN (ALL) ALL
	S: * ESEARCH (TAG "A3") UID
	S: A3 OK
	C: A4 UID SEARCH RETURN (ALL) ALL
	S: * SEARCH
	S: A4 OK
	C: A5 UID SEARCH RETURN (ALL) ALL
	S: * ESEARCH (TAG "A5") ALL 1:3`)
	for i, want := range []string{"1:3,9:10,4294967295", "1:2,4294967290:4294967295", "", ""} {
		criteria := "ALL"
		if i == 0 {
			criteria = "OR DELETED KEYWORD $POP3Deleted"
		}
		if got, err := c.Search(ctx, criteria); err != nil || got.String() != want {
			t.Errorf("search %d: %v, %v", i, got, err)
		}
	}
	_, err := c.Search(ctx, "ALL") // sequence numbers
	wantBroken(t, c, err)
}

// TestLongSearch: a mailbox of 100,000 messages answers with one line far beyond 64 KB. That is no attack; a million and more numbers are.
func TestLongSearch(t *testing.T) {
	var numbers strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&numbers, " %d", 3*i+1)
	}
	c := dial(t, Options{}, greeted+"C: A1 UID SEARCH ALL\nS: * SEARCH"+numbers.String()+"\nS: A1 OK\nC: A2 NOOP\nS: * VANISHED "+strings.ReplaceAll(numbers.String()[1:], " ", ",")+"\nS: A2 OK")
	got, err := c.Search(ctx, "ALL")
	if err != nil || len(got) != 100_000 || !got.Contains(299_998) {
		t.Errorf("%d ranges, %v", len(got), err)
	}
	check(t, c.Noop(ctx))
	c = dial(t, Options{MaxNumbers: 1000}, greeted+"C: A1 UID SEARCH ALL\nS: * SEARCH"+numbers.String())
	_, err = c.Search(ctx, "ALL")
	wantBroken(t, c, err)
}
