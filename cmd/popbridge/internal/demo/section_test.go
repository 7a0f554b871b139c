package demo

import (
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestSectionsArePiecesOfTheMessage(t *testing.T) {
	const inner = "Subject: inner\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n" +
		"--i\r\n\r\nfirst\r\n--i\r\nContent-Type: text/csv\r\n\r\na,b\r\n--i--\r\n"
	const message = "Subject: outer\r\nX-Fold: a\r\n\tb\r\nx-fold:c\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n" +
		"preamble\r\n--o\r\nContent-Type: text/plain\r\n\r\nhello\r\n\r\n--o  \r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--o--\r\nepilogue"
	const flat = "Subject: flat\n\nbody\n"
	for name, tc := range map[string]struct {
		octets string
		imap.FetchItemBodySection
		want string
	}{
		"all":              {message, imap.FetchItemBodySection{}, message},
		"part 1":           {message, imap.FetchItemBodySection{Part: []int{1}}, "hello\r\n"},
		"part 1 MIME":      {message, imap.FetchItemBodySection{Part: []int{1}, Specifier: imap.PartSpecifierMIME}, "Content-Type: text/plain\r\n\r\n"},
		"part 2":           {message, imap.FetchItemBodySection{Part: []int{2}}, inner},
		"part 2 HEADER":    {message, imap.FetchItemBodySection{Part: []int{2}, Specifier: imap.PartSpecifierHeader}, "Subject: inner\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"},
		"part 2 TEXT":      {message, imap.FetchItemBodySection{Part: []int{2}, Specifier: imap.PartSpecifierText}, "--i\r\n\r\nfirst\r\n--i\r\nContent-Type: text/csv\r\n\r\na,b\r\n--i--\r\n"},
		"part 2.1":         {message, imap.FetchItemBodySection{Part: []int{2, 1}}, "first"},
		"part 2.2":         {message, imap.FetchItemBodySection{Part: []int{2, 2}}, "a,b"},
		"part 1 HEADER":    {message, imap.FetchItemBodySection{Part: []int{1}, Specifier: imap.PartSpecifierHeader}, ""},
		"part 3":           {message, imap.FetchItemBodySection{Part: []int{3}}, ""},
		"part 1.1":         {message, imap.FetchItemBodySection{Part: []int{1, 1}}, ""},
		"fields":           {message, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"X-FOLD", "None"}}, "X-Fold: a\r\n\tb\r\nx-fold:c\r\n\r\n"},
		"other fields":     {message, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFieldsNot: []string{"x-fold", "content-type"}}, "Subject: outer\r\n\r\n"},
		"no such field":    {message, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"None"}}, "\r\n"},
		"flat, part 1":     {flat, imap.FetchItemBodySection{Part: []int{1}}, "body\n"},
		"flat, header":     {flat, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader}, "Subject: flat\n\n"},
		"header only":      {"Subject: x", imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"subject"}}, "Subject: x\r\n\r\n"},
		"beyond the end":   {flat, imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 99, Size: 9}}, ""},
		"across the end":   {flat, imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 15, Size: 1 << 62}}, "body\n"},
		"nothing at all":   {"", imap.FetchItemBodySection{Part: []int{1, 2}}, ""},
		"cut-off boundary": {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nopen", imap.FetchItemBodySection{Part: []int{1}}, "open"},
	} {
		if got := section([]byte(tc.octets), &tc.FetchItemBodySection); string(got) != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
