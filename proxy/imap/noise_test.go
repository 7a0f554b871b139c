package imap

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestNoise: blanks, empty lines and LF alone say nothing, and are read over wherever they stand.
func TestNoise(t *testing.T) {
	plain := []string{
		`* 5 EXISTS`, `* OK [UIDVALIDITY 7] ok`, `* OK [UIDNEXT 21] ok`, `* FLAGS (\\Seen)`, `A1 OK [READ-WRITE] done`,
	}
	for name, change := range map[string]func(string) string{
		"none":           func(s string) string { return s + `\r\n` },
		"blanks":         func(s string) string { return strings.ReplaceAll(s, " ", "   ") + `  \r\n` },
		"tabs":           func(s string) string { return strings.Replace(s, " ", ` \t`, 1) + `\t\r\n` },
		"blanks before":  func(s string) string { return "  " + s + `\r\n` },
		"empty lines":    func(s string) string { return `\r\n\r\n` + s + `\r\n` },
		"blank lines":    func(s string) string { return `  \r\n` + s + `\r\n` },
		"LF alone":       func(s string) string { return s + `\n` },
		"empty LF lines": func(s string) string { return `\n\n` + s + `\n` },
	} {
		t.Run(name, func(t *testing.T) {
			script := "s: " + change(`* OK [CAPABILITY IMAP4rev1] ready`) + "\nC: A1 SELECT \"x\"\n"
			for _, line := range plain {
				script += "s: " + change(line) + "\n"
			}
			c := dial(t, Options{Trace: func(_, line string) {
				if line == "" || strings.ContainsAny(line, "\r\n") {
					t.Errorf("traced: %q", line)
				}
			}}, script+"C: A2 UID SEARCH ALL\ns: "+change(`* SEARCH 1 2 9`)+"\ns: "+change(`A2 OK done`))
			s, err := c.Select(ctx, "x", SelectOptions{})
			check(t, err)
			if s.Messages != 5 || s.UIDValidity != 7 || s.UIDNext != 21 || s.ReadOnly {
				t.Errorf("selected: %+v", s)
			}
			found, err := c.Search(ctx, "ALL")
			check(t, err)
			if found.String() != "1:2,9" {
				t.Errorf("found %v", found)
			}
		})
	}
}

// TestNoiseInListing: what stands between the words of a FETCH response.
func TestNoiseInListing(t *testing.T) {
	for _, response := range []string{
		`*  1  FETCH  (  UID  11  FLAGS  (  \\Seen  )  RFC822.SIZE  30  BODY[HEADER.FIELDS (DATE)]  {3}\r\nx\r\n  )\r\n`,
		`* 1 FETCH (BODY[HEADER.FIELDS (DATE)] {3}\r\nx\r\n\r\n UID 11 FLAGS (\\Seen) RFC822.SIZE 30)\r\n`,
		`* 1 FETCH (BODY[HEADER.FIELDS (DATE)] {3}\nx\r\n\r\n\r\n)\n* 1 FETCH (UID 11 FLAGS (\\Seen) RFC822.SIZE 30 BODY[HEADER.FIELDS (DATE)] {3}\nx\r\n)\n`,
	} {
		c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Date)])\ns: "+response+"\nS: A1 OK")
		rows := 0
		check(t, c.Fetch(ctx, from(1), Items{Flags: true, Size: true, HeaderFields: []string{"Date"}}, func(m *Message) error {
			rows++
			if m.UID != 11 || m.Size != 30 || len(m.Flags) != 1 || string(m.Header) != "x\r\n" {
				t.Errorf("%s\ngives %+v", response, m)
			}
			return nil
		}))
		if rows != 1 {
			t.Errorf("%s\ngives %d rows", response, rows)
		}
	}
}

// TestNoiseBehindBody: an empty line behind the octets is not theirs, and takes none of them.
func TestNoiseBehindBody(t *testing.T) {
	for noise, whole := range map[string]bool{
		``: true, `\r\n`: true, ` `: true, `\n`: true, `\r\n\r\n`: true, ` \r\n `: true, `\r\n UID 7`: true,
		strings.Repeat(`\r\n`, 100): false, // more than anybody has been seen to send
		`x`:                         false, // the octets were more than announced
		`\r\nx`:                     false,
		`\r\nFrom: someone, UID 7`:  false,
		`\r\n.\r\n`:                 false,
		`\r\nFrom: someone`:         false,
		`\r\nA1 OK done`:            false, // the parenthesis is missing
		`\r\n* 2 FETCH (UID 8`:      false,
	} {
		t.Run(noise, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 UID FETCH 7 (UID BODY.PEEK[])\ns: * 1 FETCH (UID 7 BODY[] {5}\\r\\nabc\\r\\n"+noise+")\\r\\n\nS: A1 OK")
			b, err := c.StartBody(ctx, 7, Section{})
			check(t, err)
			var got bytes.Buffer
			n, err := b.CopyTo(ctx, &got)
			if got.String() != "abc\r\n" || n != 5 {
				t.Errorf("%d octets: %q", n, got.String())
			}
			if whole {
				check(t, err)
				return
			}
			wantBroken(t, c, err)
		})
	}
}

// TestCountsStayStrict: what could be taken for something else is not read over.
func TestCountsStayStrict(t *testing.T) {
	for name, response := range map[string]string{
		"CR alone":                 `* OK a\r* 2 EXISTS\r\n`,
		"LF within quotes":         `* LIST () "/" "a\nb"\r\n`,
		"a literal cut short":      `* 1 FETCH (BODY[] {1}\r\nname\r\n)\r\n`,
		"a blank in a count":       `* LIST () "/" {4 }\r\nname\r\n`,
		"a line end in a count":    `* LIST () "/" {4\r\n}\r\nname\r\n`,
		"a line end within FETCH":  `* 1 FETCH (UID 7\r\nFLAGS ())\r\n`,
		"a tag with a tail":        `A1x OK\r\n`,
		"a tag on two lines":       `A1\r\n OK\r\n`,
		"a UID with a blank in it": `* 1 FETCH (UID 1 7)\r\n`,
		"two UIDs, the first 0":    `* 1 FETCH (UID  0 UID 7)\r\n`,
		"no blank behind the star": `*OK\r\n`,
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\ns: "+strings.ReplaceAll(response, `"`, `\"`))
			_, err := c.List(ctx, "", "*", ListOptions{})
			wantBroken(t, c, err)
		})
	}
}

// TestNoiseBehindSTARTTLS is plaintext like any other: nothing may stand there.
func TestNoiseBehindSTARTTLS(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 STARTTLS\ns: A1 OK\\r\\n\\r\\n\nCUT")
	wantBroken(t, c, c.StartTLS(ctx, nil))
}

// TestLiteralBetweenCRAndLF: octets that were counted short by one are not an empty line.
func TestLiteralBetweenCRAndLF(t *testing.T) {
	for _, size := range []int{5, readBuffer, 3 * streamBuffer} {
		c := dial(t, Options{}, fmt.Sprintf("%sC: A1 UID FETCH 7 (UID BODY.PEEK[])\ns: * 1 FETCH (UID 7 BODY[] {%d}\\r\\n%s\\r\\n)\\r\\n\nS: A1 OK", greeted, size, strings.Repeat("x", size-1)))
		b, err := c.StartBody(ctx, 7, Section{})
		check(t, err)
		_, err = b.CopyTo(ctx, io.Discard)
		wantBroken(t, c, err)
	}
}
