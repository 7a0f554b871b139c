package state_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/servers"
	"popbridge/translate"
)

// TestSpansOfFalseAlarmsAreMended: an older popbridge took each message that came
// and went for a restored backup. What that has left in the ledger goes at the next
// login; unique-ids that devices have seen stay.
func TestSpansOfFalseAlarmsAreMended(t *testing.T) {
	const user = "sam@example.org"
	mail := dovecot(t, []string{user}, "")
	witness(t, mail, user).Fill("INBOX", servers.Messages(40))
	path := filepath.Join(t.TempDir(), "state.db")
	d := sqliteAt(path)
	b := d.serve(t, mail.IMAP)
	look := func() []string {
		c := login(t, b, user, "")
		defer c.Quit()
		return c.UniqueIDs()
	}
	plain := look()
	end(t, b)
	spans := []translate.Span{{From: 1}}
	for n := range 300 {
		var salted translate.Format
		if err := salted.UnmarshalText(fmt.Appendf(nil, "%%08Xu%%08Xv.%s", translate.Salt(1_790_000_000_000+int64(n)))); err != nil {
			t.Fatal(err)
		}
		// Of thirty messages that are there, and of many that came and went.
		uid := imap.UID(2 + n)
		if n >= 30 {
			uid += 10
		}
		spans = append(spans, translate.Span{From: uid, Format: salted}, translate.Span{From: uid + 1})
	}
	text, err := json.Marshal(spans)
	if err != nil {
		t.Fatal(err)
	}
	formats(t, path, string(text))
	b = d.serve(t, mail.IMAP)
	before := look()
	if strings.Join(before, " ") == strings.Join(plain, " ") || len(before) != 40 {
		t.Fatalf("nothing is of a false alarm: %q", before)
	}
	expectView(t, "the second time", look(), before...)
	end(t, b)
	var left []translate.Span
	if err := json.Unmarshal([]byte(formats(t, path, "")), &left); err != nil || len(left) > 16 {
		t.Errorf("%d spans are left, %v", len(left), err)
	}
	b = d.serve(t, mail.IMAP)
	expectView(t, "after a restart", look(), before...)
}

// formats gives the spans of the one page in a ledger; text replaces them.
func formats(t *testing.T, path, text string) (now string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if text != "" {
		if _, err := db.Exec("UPDATE pages SET formats = ?, revision = revision + 1", text); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.QueryRow("SELECT formats FROM pages").Scan(&now); err != nil {
		t.Fatal(err)
	}
	return now
}
