package imap

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// recorded is a connection whose server says what has been recorded, some octets at a time, and then hangs up.
type recorded struct {
	data  []byte
	chunk int
}

func (f *recorded) Read(p []byte) (int, error) {
	if len(f.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), f.chunk)], f.data)
	f.data = f.data[n:]
	return n, nil
}

func (f *recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (f *recorded) Close() error                     { return nil }
func (f *recorded) LocalAddr() net.Addr              { return nil }
func (f *recorded) RemoteAddr() net.Addr             { return nil }
func (f *recorded) SetDeadline(time.Time) error      { return nil }
func (f *recorded) SetReadDeadline(time.Time) error  { return nil }
func (f *recorded) SetWriteDeadline(time.Time) error { return nil }

// FuzzResponses lets arbitrary octets answer every kind of command, with two bodies in flight. Whatever they are: no panic, no end
// that is not reached, no more memory than was allowed, and no body that is called whole without its OK.
func FuzzResponses(f *testing.F) {
	for _, seed := range []string{
		"* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\nA1 OK\r\n* 2 FETCH (BODY[] \"xy\" UID 8)\r\nA2 OK\r\n",
		"* 2 FETCH (UID 8 BODY[] ~{3}\r\nabc)\r\n* 1 FETCH (UID 7 FLAGS (\\Seen x]) BODY[] NIL)\r\nA2 OK\r\nA1 NO [X (a]b) \"]\"] no\r\n",
		"A1 OK\r\nA2 OK\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 5 INTERNALDATE \" 3-Feb-2026 04:05:06 -0130\" MODSEQ (1) EMAILID (M) X-GM-MSGID 1 BODY[HEADER.FIELDS (DATE)] {1}\r\nx)\r\nA3 OK\r\n",
		"A1 BAD\r\nA2 BAD\r\nA3 BAD\r\n* SEARCH 1 2 5 (MODSEQ 3)\r\n* ESEARCH (TAG \"A4\") UID ALL 7:3,9 COUNT 3\r\nA4 OK\r\n",
		"A1 OK\r\nA2 OK\r\nA3 OK\r\nA4 OK\r\n* NAMESPACE ((\"a\" \"/\")) NIL NIL\r\nA5 OK\r\n* LIST (\\Trash) \"/\" {1}\r\nx ((\"a\"))\r\nA6 OK\r\n* 3 EXISTS\r\n* OK [UIDNEXT 3] x\r\n* OK [PERMANENTFLAGS (\\* a])] x\r\n* VANISHED (EARLIER) 1:2,5\r\nA7 OK [READ-ONLY] x\r\n",
		"A1 OK\r\nA2 OK\r\nA3 OK\r\nA4 OK\r\nA5 OK\r\nA6 OK\r\n* 3 EXISTS\r\nA7 OK\r\n* STATUS a (MESSAGES 1 X (a))\r\nA8 OK\r\n* ID (\"a\" NIL)\r\nA9 OK\r\nA10 OK [COPYUID 1 1:3 4:6] x\r\n+ go\r\nA11 OK [APPENDUID 1 2] x\r\n* BYE x\r\n",
		"* X {3}\r\nabc {2}\r\n\r\n\r\n* OK [CAPABILITY A B] x\r\n* CAPABILITY C D \r\n* BYE\r\n",
	} {
		f.Add([]byte(seed), 7)
		f.Add([]byte(seed), 1<<20)
	}
	f.Fuzz(func(t *testing.T, data []byte, chunk int) {
		if chunk < 1 || len(data) > 1<<20 {
			return
		}
		o := Options{MaxBuffered: 1 << 16, MaxResponses: 10_000, MaxNumbers: 10_000, Trace: func(string, string) {}, Alert: func(string) {}}
		c, err := New(ctx, &recorded{append([]byte("* OK [CAPABILITY IMAP4rev1 ESEARCH] hi\r\n"), data...), chunk}, o)
		if err != nil {
			t.Fatal(err)
		}
		var first bytes.Buffer
		a, err := c.StartBody(ctx, 7, Section{})
		check(t, err)
		batch, err := c.StartBodies(ctx, []goimap.UID{8, 9}, Section{})
		check(t, err)
		n, err := a.CopyTo(ctx, &first)
		wantConfirmed(t, a, n, int64(first.Len()), err)
		_ = batch[0].Discard(ctx)
		n, err = batch[1].CopyTo(ctx, io.Discard)
		wantConfirmed(t, batch[1], n, n, err)
		all := Items{true, true, true, true, true, true, []string{"Date"}, true, false}
		_ = c.Fetch(ctx, from(1), all, func(m *Message) error {
			if m.UID == 0 || m.Has != AttrFlags|AttrSize|AttrInternalDate|AttrModSeq|AttrEmailID|AttrGmailMsgID|AttrHeader|attrUID || len(m.Header) > 64<<10 {
				t.Fatalf("handed out: %+v", m)
			}
			return nil
		})
		set, _ := c.Search(ctx, "ALL")
		wantSorted(t, set)
		var ns Namespace
		_, _ = c.List(ctx, "", "*", ListOptions{Namespace: &ns})
		_, _ = c.Select(ctx, "x", SelectOptions{})
		_, _ = c.Status(ctx, "x")
		_, _ = c.ID(ctx, nil)
		if copied, err := c.Copy(ctx, goimap.UIDSetNum(1), "x"); err == nil {
			wantSorted(t, copied.Dest)
		}
		_, _ = c.Append(ctx, "x", nil, noDate, 1, bytes.NewReader([]byte("x")))
		for c.Noop(ctx) == nil && c.r.buffered() > 0 {
		}
		if c.held > 1<<16 || cap(c.r.tok) > 1<<20 {
			t.Fatalf("%d octets held, %d of scratch", c.held, cap(c.r.tok))
		}
		if err := c.Err(); err == nil && len(c.pending) > 0 || errors.Is(err, ErrClosed) {
			t.Fatalf("commands without an answer, and error %v", err)
		}
	})
}

// wantConfirmed: a body is whole only with all its octets, and the server's OK, another body behind it, or an end where others were owed.
func wantConfirmed(t *testing.T, b *Body, n, written int64, err error) {
	t.Helper()
	confirmed := b.cmd.done && b.cmd.err == nil || b.c.begun > b.turn || b.c.Err() != nil && b.c.owing()
	if err == nil && (n != b.size || written != n || !confirmed) {
		t.Fatalf("%d octets of %d are called whole", n, b.size)
	}
}

func wantSorted(t *testing.T, set goimap.UIDSet) {
	t.Helper()
	for i, v := range set {
		if v.Start == 0 || v.Stop < v.Start || i > 0 && v.Start <= set[i-1].Stop {
			t.Fatalf("a set out of order: %v", set)
		}
	}
}
