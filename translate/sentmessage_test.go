package translate

import (
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestWhichMessageWasSent(t *testing.T) {
	const date = "Mon, 30 Nov 2026 05:00:00 +0000"
	for _, c := range []struct {
		sent   SentMessage
		header string
		is     bool
	}{
		{SentMessage{"<1@x>", date, ""}, "Message-ID: <1@x>\r\nDate: " + date + "\r\n\r\n", true},
		{SentMessage{"<1@x>", date, ""}, "message-id:\r\n <1@x> \r\ndate: Mon, 30 Nov 2026 07:00:00 +0200 (EET)\r\n\r\n", true},
		{SentMessage{"<1@x>", date, ""}, "Message-ID: <1@x>\r\nDate: Mon, 30 Nov 2026 05:00:01 +0000\r\n\r\n", false},
		{SentMessage{"<1@x>", date, ""}, "Message-ID: <11@x>\r\nDate: " + date + "\r\n\r\n", false},
		{SentMessage{"1@x", date, ""}, "Message-ID: <1@x>\r\nDate: " + date + "\r\n\r\n", false},
		{SentMessage{"<1@x>", date, ""}, "Date: " + date + "\r\n\r\nMessage-ID: <1@x>\r\n", false},
		{SentMessage{"<1@x>", date, ""}, "Message-ID: <1@x>\r\n\r\n", false},
		{SentMessage{"<1@x>", "yesterday", ""}, "Message-ID: <1@x>\r\nDate: " + date + "\r\n\r\n", true},
		{SentMessage{"<1@x>", date, "<2@y>"}, "Message-ID: <2@y>\r\nDate: " + date + "\r\n\r\n", true},
		{SentMessage{"<1@x>", date, ""}, "Message-ID: <2@y>\r\nX-Microsoft-Original-Message-ID:\r\n\t<1@x>\r\nDate: " + date + "\r\n\r\n", true},
		{SentMessage{"", date, ""}, "Date: " + date + "\r\n\r\n", true},
		{SentMessage{"", date, ""}, "Message-ID: <2@y>\r\nDate: " + date + "\r\n\r\n", false},
	} {
		if got := c.sent.Is([]byte(c.header)); got != c.is {
			t.Errorf("%+v is %q: %v", c.sent, c.header, got)
		}
	}
}

func TestGivenMessageIDs(t *testing.T) {
	for text, want := range map[string]string{
		"250 2.0.0 OK <AB12@CD.prod.outlook.com> [Hostname=CD.prod.outlook.com]": "<AB12@CD.prod.outlook.com>",
		"250 2.6.0 <1@x> [InternalId=1, Hostname=y] Queued mail for delivery":    "<1@x>",
		"250 2.0.0 Ok: queued as 1234":                                           "", "250 ok <nobody>": "", "250 <a@b": "", "250 <<a@b>>": "", "250 OK id=1-2-3": "", "": "",
	} {
		if got := GivenMessageID(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNewest(t *testing.T) {
	set := imap.UIDSet{{Start: 20, Stop: 24}, {Start: 1, Stop: 9}, {Start: 12, Stop: 12}}
	for n, want := range map[int]string{1: "24", 5: "20:24", 6: "12,20:24", 8: "8:9,12,20:24", 100: "1:9,12,20:24"} {
		if got := Newest(set, n).String(); got != want {
			t.Errorf("the newest %d are %s, want %s", n, got, want)
		}
	}
	if got := Newest(nil, 3); len(got) > 0 {
		t.Errorf("of none the newest are %v", got)
	}
}
