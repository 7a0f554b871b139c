package translate

import (
	"strings"
	"testing"
)

const printed = "Received: from a by b; Mon, 2 Jan 2006 15:04:05 +0000\r\n" +
	"Message-ID: <1@example.org>\r\n" +
	"Date: Mon, 2 Jan 2006 15:04:05 +0000\r\n" +
	"From: Alice <alice@example.org>\r\n" +
	"Subject: Grüße aus Köln, und noch mehr davon in einer langen Zeile\r\n" +
	"\r\n"

// TestServersMayRewrite has a row for each change that servers are known to make
// between the old POP3 server's TOP and the new IMAP server's BODY[HEADER].
func TestServersMayRewrite(t *testing.T) {
	want := PrintHeader([]byte(printed))
	if want.Header == (ContentKey{}) || want.Sent == (ContentKey{}) {
		t.Fatalf("%+v", want)
	}
	before := func(line string) string { return line + printed }
	behind := func(line string) string { return strings.TrimSuffix(printed, "\r\n") + line + "\r\n" }
	replace := func(old, new string) string {
		if !strings.Contains(printed, old) {
			t.Fatalf("%q is not in the header", old)
		}
		return strings.Replace(printed, old, new, 1)
	}
	for _, test := range []struct{ what, header string }{
		{"Content-Length was added", behind("Content-Length: 17\r\n")},
		{"Return-Path was added", before("Return-Path: <bounces@example.org>\r\n")},
		{"Status was added", behind("Status: RO\r\n")},
		{"X-IMAP was added", before("X-IMAP: 1136214245 0000000001\r\n")},
		{"X-IMAPbase was added", before("X-IMAPbase: 1136214245 17\r\n")},
		{"X-Keywords was added", behind("X-Keywords: $Label1\r\n")},
		{"X-Message-Flag was added", behind("X-Message-Flag: follow up\r\n")},
		{"X-Status was added", behind("X-Status: A\r\n")},
		{"X-UID was added", behind("X-UID: 17\r\n")},
		{"X-UIDL was added, with a folded value", behind("X-UIDL: 0123\r\n\t456\r\n")},
		{"X-Yahoo-Newman-Property was added", behind("X-Yahoo-Newman-Property: ymail-3\r\n")},
		{"mbsync has copied it", before("X-TUID: 0123456789ab\r\n")},
		{"one of them in capitals", behind("STATUS: RO\r\n")},
		{"octets above 0x7F as question marks", replace("Grüße aus Köln", "Gr????e aus K??ln")},
		{"trailing blanks stripped", replace("Alice <alice@example.org>\r\n", "Alice <alice@example.org> \t\r\n")},
		{"a line folded", replace(", und noch", ",\r\n und noch")},
		{"a line folded with tabs and blanks", replace(", und noch", ", \r\n\t  und noch")},
		{"a blank line of a folded field dropped", replace(", und noch", ",\r\n \r\n und noch")},
		{"a line that is no header field", before("From alice@example.org Mon Jan  2 15:04:05 2006\r\n")},
		{"a line that is no header field, folded", behind(">From nobody\r\n at all\r\n")},
		{"a field name that is none", behind("X Y: z\r\n")},
		{"a field without a value", behind("X-Empty: \r\n")},
		{"a field without a value, folded", behind("X-Empty:\r\n \r\n")},
		{"no blank behind the colon", replace("From: Alice", "From:Alice")},
		{"a field name in other letters", replace("Message-ID:", "Message-Id:")},
		{"lines that end with LF", strings.ReplaceAll(printed, "\r\n", "\n")},
		{"a line that ends with CR CR LF ends the header", strings.TrimSuffix(printed, "\r\n") + "\r\r\nX-More: 1\r\n\r\n"},
		{"no blank line behind it", strings.TrimSuffix(printed, "\r\n")},
		{"the body behind it", printed + "Subject: no\r\n\r\nhello\r\n"},
	} {
		if got := PrintHeader([]byte(test.header)); got != want {
			t.Errorf("%s: the print is another one", test.what)
		}
	}
	for _, test := range []struct {
		what, header string
		sent         bool // Message-ID and Date still tell it
	}{
		{"Received on top", before("Received: by new; Tue, 3 Jan 2006\r\n"), true},
		{"Delivered-To on top", before("Delivered-To: alice\r\n"), true},
		{"another Subject", replace("Grüße", "Hallo"), true},
		{"no Message-ID", replace("Message-ID: <1@example.org>\r\n", ""), false},
		{"another Date", replace("Date: Mon, 2 Jan", "Date: Mon, 3 Jan"), false},
	} {
		got := PrintHeader([]byte(test.header))
		if got.Header == want.Header {
			t.Errorf("%s: the header's hash is the same", test.what)
		}
		if (got.Sent == want.Sent) != test.sent {
			t.Errorf("%s: Message-ID and Date tell it: %v, want %v", test.what, !test.sent, test.sent)
		}
	}
}

func TestPrintSaysWhatItRestsOn(t *testing.T) {
	none := ContentKey{}
	for _, test := range []struct {
		header           string
		sent, identified bool
	}{
		{"Message-ID: <1@x>\n", true, true},
		{"Message-ID: <1@x>\nDate: today\n", true, true},
		{"Date: today\n", true, false},
		{"Subject: report\nFrom: scanner\n", false, false},
		{"Message-ID: \n", false, false},
		{"", false, false},
	} {
		p := PrintHeader([]byte(test.header))
		if p.Header == none || (p.Sent != none) != test.sent || p.identified() != test.identified {
			t.Errorf("%q: header %v, sent %v, identified %v", test.header, p.Header != none, p.Sent != none, p.identified())
		}
	}
	// The first field of its kind counts, as everywhere.
	if PrintHeader([]byte("Date: a\nDate: b\n")).Sent != PrintHeader([]byte("Date: a\nDate: c\n")).Sent {
		t.Error("the second Date counts")
	}
}

func TestPrintOfALongHeader(t *testing.T) {
	long := []byte("Subject: " + strings.Repeat("long ", MaxPrinted/5) + "\r\n\r\n")
	if p := PrintHeader(long); p != (Print{}) {
		t.Errorf("a header that servers cut has the print %+v", p)
	}
	// What stands after the blank line does not count.
	if PrintHeader(append([]byte(printed), long...)) != PrintHeader([]byte(printed)) {
		t.Error("a long body makes another print")
	}
}

func TestPrintsAreAddedUp(t *testing.T) {
	p := Print{Header: ContentKey{1}, Sent: ContentKey{2}}.With(Print{Sent: ContentKey{3}, Body: ContentKey{4}})
	if want := (Print{Header: ContentKey{1}, Sent: ContentKey{3}, Body: ContentKey{4}}); p != want {
		t.Errorf("%v, want %v", p, want)
	}
}

func FuzzPrintHeader(f *testing.F) {
	f.Add([]byte(printed))
	f.Add([]byte("a:\r\r\n b"))
	f.Fuzz(func(t *testing.T, header []byte) {
		p := PrintHeader(header)
		lf := []byte(strings.ReplaceAll(string(header), "\r\n", "\n"))
		if len(header) < MaxPrinted && PrintHeader(lf) != p {
			t.Errorf("the print of %q depends on its line ends", header)
		}
	})
}
