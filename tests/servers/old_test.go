package servers

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOldServers: each old kind serves what was delivered, in the order of
// delivery, under unique-ids that are the same in the next session.
func TestOldServers(t *testing.T) {
	letters := Letters(300)
	for _, kind := range OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			old := StartOld(t, kind, nil)
			old.Deliver(t, alice, letters[:200])
			first := uniqueIDs(t, old.Server)
			old.Deliver(t, alice, letters[200:])
			got, err := tryPOP3(old.Server, nil, alice, Users()[alice])
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(letters) {
				t.Fatalf("POP3 gives %d messages, want %d", len(got), len(letters))
			}
			for i := range got {
				// Servers end the last line where a message does not, and mbox adds Status.
				want := string(bytes.TrimSuffix(letters[i], []byte("\r\n"))) + "\r\n"
				if got[i] != want {
					t.Fatalf("message %d is %q, want %q", i+1, got[i], want)
				}
			}
			ids := uniqueIDs(t, old.Server)
			if len(first) != 200 || !slices.Equal(first, ids[:200]) {
				t.Error("unique-ids have changed with later mail")
			}
		})
	}
}

func uniqueIDs(t *testing.T, s *Server) []string {
	t.Helper()
	c, err := dialPOP3(s, nil, alice, Users()[alice])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.lines("UIDL")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range list {
		_, list[i], _ = strings.Cut(line, " ")
	}
	if err := c.command("QUIT"); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCopy: what the tools copy holds every message once, and later mail after a
// second run.
func TestCopy(t *testing.T) {
	letters := Letters(60)
	for _, kind := range OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			old := StartOld(t, kind, nil)
			to := StartDovecot(t, Dovecot{})
			for _, part := range [][][]byte{letters[:50], letters[50:]} {
				old.Deliver(t, alice, part)
				old.Copy(t, to, alice, Users()[alice])
			}
			w := Dial(t, to.IMAP, alice, Users()[alice])
			uids := w.UIDs("INBOX")
			if len(uids) != len(letters) {
				t.Fatalf("the copy holds %d messages, want %d", len(uids), len(letters))
			}
			want := make(map[string]int)
			for _, raw := range letters {
				want[string(bytes.TrimSuffix(raw, []byte("\r\n")))]++
			}
			for _, uid := range uids {
				raw := tuid.ReplaceAllString(string(bytes.TrimSuffix(w.Raw("INBOX", uid), []byte("\r\n"))), "")
				if want[raw]--; want[raw] < 0 {
					t.Fatalf("the copy has once too often: %q", raw)
				}
			}
		})
	}
}

var tuid = regexp.MustCompile(`(?m)^X-TUID: .*\n`)
