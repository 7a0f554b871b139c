package servers

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// TestSearch: real servers find by the search of a maildrop, as popbridge tells it,
// what an operator means by it.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		w := Dial(t, s.IMAP, alice, Users()[alice])
		w.Clear("INBOX")
		message := func(subject, body string) []byte {
			return []byte("From: Bank <post@bank.example>\r\nTo: office@example.org\r\nSubject: " + subject + "\r\nList-Id: <news.example.org>\r\n" +
				"Date: Sun, 1 Feb 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + "\r\n")
		}
		uids := []goimap.UID{
			w.Append(message("invoice 7", "plain"), goimap.FlagSeen),
			w.Append(message("=?utf-8?q?B=C3=BCro?=", "Gr\u00fc\u00dfe"), "done"),
			w.Append(message(`a "quoted" \ word`, strings.Repeat("line\r\n", 300))),
		}
		nc, err := net.Dial("tcp", s.IMAP)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		c, err := imap.New(ctx, nc, imap.Options{Timeout: patience})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Login(ctx, alice, Users()[alice]); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Select(ctx, "INBOX", imap.SelectOptions{}); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{
			"":                                       "abc",
			"SEEN":                                   "a",
			"NOT SEEN UNANSWERED":                    "bc",
			"NOT KEYWORD done":                       "ac",
			"FROM bank.example SUBJECT invoice":      "a",
			"SUBJECT büro":                           "b",
			"(BODY grüße)":                           "b",
			`OR SUBJECT büro SUBJECT invoice`:        "ab",
			`SUBJECT "\"quoted\" \\ word"`:           "c",
			"LARGER 1KB":                             "c",
			"SMALLER 1KB TO office@example.org":      "ab",
			"SINCE 2d SENTON 1-Feb-2026":             "abc",
			"BEFORE 2d":                              "",
			`HEADER List-Id "" NOT HEADER X-None ""`: "abc",
			"(OR (SEEN) (KEYWORD done)) NOT (SEEN)":  "b",
		} {
			var search translate.Search
			if err := search.UnmarshalText([]byte(text)); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			var criteria imap.Criteria
			search.Write(&criteria, time.Now())
			found, err := c.SearchFor(ctx, criteria)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			got := ""
			for i, uid := range uids {
				if found.Contains(uid) {
					got += "abc"[i : i+1]
				}
			}
			if got != want {
				t.Errorf("%s finds %q, want %q", text, got, want)
			}
		}
	})
}
