package imap

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

// heard is all that a listing gives of what a server says, with what the connection knows afterwards. A connection that shows Trace each
// line reads them all by its parsers.
func heard(t *testing.T, said string, chunk int, incomplete, trace bool) string {
	o := Options{MaxResponses: 50}
	if trace {
		o.Trace = func(string, string) {}
	}
	c, err := New(ctx, &recorded{[]byte("* OK [CAPABILITY IMAP4rev1] hi\r\n" + said + "A1 OK done\r\n"), chunk}, o)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	err = c.Fetch(ctx, goimap.UIDSet{{Start: 2, Stop: 0}}, Items{Flags: true, Size: true, Incomplete: incomplete}, func(m *Message) error {
		fmt.Fprintf(&text, "%d %d %b %d %q\n", m.Seq, m.UID, m.Has, m.Size, m.Flags)
		return nil
	})
	fmt.Fprintf(&text, "%v, %+v, %v", err, c.Changes(), c.Err())
	return text.String()
}

func sameHeard(t *testing.T, said string, chunk int) {
	t.Helper()
	for _, incomplete := range []bool{false, true} {
		if quick, slow := heard(t, said, chunk, incomplete, false), heard(t, said, chunk, incomplete, true); quick != slow {
			t.Errorf("%q in pieces of %d, incomplete %v:\n%s\nby the parsers:\n%s", said, chunk, incomplete, quick, slow)
		}
	}
}

var usualRows = []string{
	"* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 2086)\r\n", "* 12 FETCH (UID 4294967295 FLAGS () RFC822.SIZE 0)\r\n",
	"* 3 FETCH (FLAGS (\\seen $Junk [x] a]b \\Recent) UID 7 RFC822.SIZE 123456789012345678)\r\n", "* 4 FETCH (RFC822.SIZE 5 UID 8 FLAGS (\\Deleted))\r\n",
	"* 5 FETCH (UID 9 FLAGS (\\Seen))\r\n", "* 6 FETCH (UID 10)\r\n", "* 7 FETCH (FLAGS (\\Seen))\r\n", "* 9 EXISTS\r\n", "* 2 EXPUNGE\r\n",
}

// unusual makes another row of one, as no server or hardly any writes it.
func unusual(row string, rnd *rand.Rand) string {
	at := rnd.IntN(len(row))
	pieces := []string{"", " ", "  ", "\t", "(", ")", "\r\n", "\n", "0", "9999999999999999999", "-1", "NIL", "\"", "{3}\r\nabc", "uid", "UID 5 ", "FLAGS () ", "\\Seen ", "RFC822.SIZE 7 ", "X y ", "\x00", "\x7f", "é", "*"}
	piece := pieces[rnd.IntN(len(pieces))]
	if rnd.IntN(2) == 0 {
		return row[:at] + piece + row[at:]
	}
	return row[:at] + piece + row[min(len(row), at+1+rnd.IntN(4)):]
}

// TestQuickRows: what is taken at one go is what the parsers make of it, whatever a server says and in whichever pieces it comes.
func TestQuickRows(t *testing.T) {
	sameHeard(t, strings.Join(usualRows, ""), 1<<20)
	sameHeard(t, strings.Repeat(usualRows[0], 200), 1<<20) // more than it may say
	for _, row := range []string{
		"UID 5 UID 6 FLAGS () RFC822.SIZE 7", "UID 5 FLAGS (\\Seen) FLAGS () RFC822.SIZE 7", "UID 5 FLAGS () RFC822.SIZE 7 RFC822.SIZE 8", "UID 0 FLAGS () RFC822.SIZE 7", "UID 4294967296 FLAGS () RFC822.SIZE 7",
		"UID 5 FLAGS () RFC822.SIZE 9223372036854775808", "UID 5 FLAGS () RFC822.SIZE -1", "UID 5 FLAGS ( \\Seen) RFC822.SIZE 7", "UID 5 FLAGS (\\Seen ) RFC822.SIZE 7", "UID 5 FLAGS (\\Seen  x) RFC822.SIZE 7",
		"UID 5 FLAGS (()) RFC822.SIZE 7", "UID 5 FLAGS () RFC822.SIZE 7) x", "UID 5 FLAGS () RFC822.SIZE 7 ", "UID 5 FLAGS () X y RFC822.SIZE 7", "UID 5 FLAGS () RFC822.SIZE 7e3", "FLAGS () RFC822.SIZE 7", "",
	} {
		sameHeard(t, usualRows[0]+"* 2 FETCH ("+row+")\r\n"+usualRows[1], 1<<20)
		sameHeard(t, "* 4294967296 FETCH ("+row+")\r\n"+usualRows[1], 30)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		var said strings.Builder
		for range 1 + rnd.IntN(4) {
			row := usualRows[rnd.IntN(len(usualRows))]
			for range rnd.IntN(3) {
				row = unusual(row, rnd)
			}
			said.WriteString(row)
		}
		sameHeard(t, said.String(), 1+rnd.IntN(200))
		if t.Failed() {
			return
		}
	}
}

// TestUsualRowsAreQuick: it would be read as slowly as any, and nobody would notice.
func TestUsualRowsAreQuick(t *testing.T) {
	c := &Conn{flags: make(map[string]goimap.Flag)}
	for _, row := range usualRows[:6] {
		c.r = reader{buf: []byte(row + "A1 OK"), end: len(row) + 5}
		c.asked = asked{listing: &listing{each: func(*Message) error { return nil }}}
		c.o.MaxResponses = 10
		if !c.quickRow() || c.r.pos != len(row) {
			t.Errorf("%q is not taken at one go", row)
		}
	}
}

func FuzzQuickRows(f *testing.F) {
	for _, row := range usualRows {
		f.Add(row, 7)
		f.Add(row+row, 1<<20)
	}
	f.Fuzz(func(t *testing.T, said string, chunk int) {
		if chunk < 1 || len(said) > 1<<16 {
			return
		}
		sameHeard(t, said, chunk)
	})
}
