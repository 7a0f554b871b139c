package imap

import (
	"errors"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

// TestTornRows: a row of a listing that cannot be understood costs only itself, what comes
// behind it is read, and the connection goes on.
func TestTornRows(t *testing.T) {
	for _, torn := range []string{
		`* 2 FETCH (UID 12 FLAGS (((((\r\n`, `* 2 FETCH (UID 12 FLAGS (\\Seen RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS ()\r\n`, `* 2 FETCH (UID 12 FLAGS ()))))\r\n`,
		`* 2 FETCH UID 12 FLAGS ()\r\n`, `* 2 FETCH\r\n`, `* 2 FETCH (UID 12 UID 13 FLAGS () RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 ENVELOPE ("a" "b RFC822.SIZE 7)\r\n`,
		`* 2 FETCH (UID 12 "x" RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 7) and more\r\n`, `* 2 FETCH (UID)\r\n`, `* 2 FETCH (UID 12 FLAGS ("\\Seen) RFC822.SIZE 7)\r\n`,
		`* 2 FETCH NIL\r\n`, `* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 7, INTERNALDATE "x\r\n`, `* 2 FETCH (UID=12 FLAGS=() RFC822.SIZE=7)\r\n`, `* 2 FETCH [UID 12]\r\n`,
		`* 2 FETCH (UID 12 FLAGS () X [ RFC822.SIZE 7)\r\n`, `* 2 FETCH (((((((((()\r\n* 2 FETCH )\r\n`,
		// Broken over lines: before the end, between attribute and value, within a value, and so that the rest looks like something else.
		`* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 7\r\n)\r\n`, `* 2 FETCH (UID 12 FLAGS () RFC822.SIZE\r\n7)\r\n`, `* 2 FETCH (UID\r\n12 FLAGS\r\n()\r\nRFC822.SIZE 7)\r\n`,
		`* 2 FETCH\r\n(UID 12 FLAGS () RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS (\\Seen\r\n \\Flagged) RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS (\n)\nRFC822.SIZE 7)\n`,
		`* 2 FETCH (UID 12 FLAGS ()\r\nA0 OK done\r\n`, `* 2 FETCH (UID 12 FLAGS ()\r\nA11 NO [SERVERBUG] no RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS ()\r\na1 OK done\r\n`,
		`* 2 FETCH (UID 12 X "a\r\nb" FLAGS () RFC822.SIZE 7)\r\n`, `* 2 FETCH (UID 12 FLAGS ()\r\n+ go on\r\n)\r\n`, `* 2 FETCH (UID 12 FLAGS ()\r\n\r\n\tX {9}\r\nA1 OK x\r\n RFC822.SIZE 7)\r\n`,
	} {
		t.Run(torn, func(t *testing.T) {
			good := func(n, uid string) string {
				return "* " + n + " FETCH (UID " + uid + ` FLAGS (\\Seen) RFC822.SIZE 30)\r\n`
			}
			c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID FLAGS RFC822.SIZE)\ns: "+good("1", "11")+strings.ReplaceAll(torn, `"`, `\"`)+good("3", "13")+"\nS: A1 OK\nC: A2 NOOP\nS: A2 OK")
			var got []goimap.UID
			check(t, c.Fetch(ctx, from(1), Items{Flags: true, Size: true, Incomplete: true}, func(m *Message) error {
				if m.Has&(AttrFlags|AttrSize) == AttrFlags|AttrSize {
					got = append(got, m.UID)
				}
				return nil
			}))
			if len(got) < 2 || got[0] != 11 || got[len(got)-1] != 13 {
				t.Errorf("the rows of %v came", got)
			}
			check(t, c.Noop(ctx))
		})
	}
}

// TestRowsThatStayFatal: what goes beyond a bound, or may have octets of a message behind
// it, is not read over.
func TestRowsThatStayFatal(t *testing.T) {
	for name, row := range map[string]string{
		"behind a literal":          `* 2 FETCH (UID 12 X {3}\r\nabc Y Z))\r\n`,
		"a literal that is none":    `* 2 FETCH (UID 12 X {3x}\r\nabc)\r\n`,
		"a NUL":                     `* 2 FETCH (UID 12 ((\x00\r\n`,
		"deeper than any":           `* 2 FETCH (UID 12 X ` + strings.Repeat("(", maxDepth+1) + `\r\n`,
		"longer than any":           `* 2 FETCH (UID 12 X ` + strings.Repeat("x", maxLine+1) + `\r\n`,
		"longer, and torn before":   `* 2 FETCH (UID 12 FLAGS (( ` + strings.Repeat("x", maxLine+1) + `\r\n`,
		"behind a row that is good": `* 2 FETCH (UID 12 FLAGS ())\r\n)\r\n`,
		"behind a row and another":  `* 2 FETCH (UID 12 FLAGS (\r\n* 3 FETCH (UID 13 FLAGS ())\r\nA0 OK\r\n`,
		"going on for ever":         `* 2 FETCH (UID 12 FLAGS (\r\n` + strings.Repeat(`x\r\n`, 20_001),
		"going on in a large body":  `* 2 FETCH (UID 12 FLAGS (\r\nX {65537}\r\n`,
		"going on with a NUL":       `* 2 FETCH (UID 12 FLAGS (\r\nX \x00\r\n`,
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID FLAGS)\ns: "+row+"\nS: A1 OK")
			wantBroken(t, c, c.Fetch(ctx, from(1), Items{Flags: true, Incomplete: true}, func(*Message) error { return nil }))
		})
	}
	// Of one that is not asked for so, too: there nobody finds out by what is missing.
	c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID FLAGS)\ns: * 2 FETCH (UID 12 FLAGS ()\\r\\n)\\r\\n\nS: A1 OK")
	wantBroken(t, c, c.Fetch(ctx, from(1), Items{Flags: true}, func(*Message) error { return nil }))
	c = dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID FLAGS)\ns: * 2 FETCH (UID 12 FLAGS ((\\r\\n\nS: A1 NO no")
	var refused *StatusError
	if err := c.Fetch(ctx, from(1), Items{Flags: true, Incomplete: true}, func(*Message) error { return nil }); !errors.As(err, &refused) {
		t.Errorf("behind a torn row the refusal is %v", err)
	}
}
