package demo

import (
	"strings"
	"testing"
)

func TestIDIsAnsweredInEveryState(t *testing.T) {
	_, addr := start(t, 1)
	w := dial(t, addr)
	id := []string{`* ID ("name" "popbridge demo")`, "OK ID completed"}
	w.expect("ID NIL", id...)
	w.expect(`id ("name" "popbridge" "version" "1")`, id...)
	if c := w.ok("CAPABILITY"); !strings.HasPrefix(c[0], "* CAPABILITY IMAP4rev1 ID ") {
		t.Errorf("got %q", c)
	}
	w.send("t AUTHENTICATE PLAIN\r\n")
	w.line()                                                           // "+ "
	w.send("AGFsaWNlQGV4YW1wbGUub3JnAHdvbmRlciBsYW5k\r\nb ID NIL\r\n") // alice@example.org, wonder land
	if got := w.line(); !strings.HasPrefix(got, "t OK [CAPABILITY IMAP4rev1 ID ") {
		t.Errorf("got %q", got)
	}
	w.line()
	if got := w.line(); got != "b OK ID completed" {
		t.Errorf("got %q", got)
	}
	w.ok("SELECT INBOX")
	w.expect("ID NIL", id...)
}

func TestIDIsFoundOnlyWhereACommandBegins(t *testing.T) {
	_, addr := start(t, 1)
	w := dial(t, addr)
	w.send("a LOGIN {17+}\r\nalice@example.org {11+}\r\nwonder land\r\nb ID NIL\r\n")
	for _, want := range []string{"a OK [CAPABILITY IMAP4rev1 ID ", "* ID (", "b OK ID completed"} {
		if got := w.line(); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	// The octets of a message look like commands and like capabilities.
	message := "x ID NIL\r\n* CAPABILITY IMAP4rev1 y\r\nz LOGIN {3}\r\n" + strings.Repeat("long ", 3000)
	w.ok("APPEND INBOX {" + decimal(uint32(len(message))) + "+}\r\n" + message)
	w.ok("SELECT INBOX")
	w.expect("UID SEARCH SUBJECT {1+}\r\nx HEADER ID y", "* SEARCH", "OK UID SEARCH completed")
	w.send("c FETCH 2 BODY.PEEK[]\r\nd ID NIL\r\n")
	w.line()
	got := make([]byte, len(message))
	for n := 0; n < len(got); {
		m, err := w.r.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	if string(got) != message {
		t.Errorf("the message came back as %.80q", got)
	}
	for _, want := range []string{")", "c OK FETCH completed", `* ID ("name" "popbridge demo")`, "d OK ID completed"} {
		if got := w.line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
