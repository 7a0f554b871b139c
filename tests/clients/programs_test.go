package clients_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/clients"
)

// TestCurl fetches every message with one process, as a backup script does, and
// deletes one with DELE.
func TestCurl(t *testing.T) {
	s := open(t)
	var config strings.Builder
	for i := range count {
		fmt.Fprintf(&config, "url = \"pop3://%s:%s/%d\"\noutput = \"%s\"\n", s.Host, s.Port, i+1, filepath.Join(s.Dir, "got", fmt.Sprint(i+1)))
	}
	path := s.File(t, "curl", fmt.Sprintf("user = \"%s:%s\"\ncreate-dirs\nsilent\nshow-error\n%s", login, password, config.String()))
	s.Run(t, "curl", "--config", path)
	s.fetched(t, clients.Files(t, filepath.Join(s.Dir, "got")))
	s.kept(t, true)

	list := s.Run(t, "curl", "-sS", "--user", login+":"+password, fmt.Sprintf("pop3://%s:%s/", s.Host, s.Port))
	if got := bytes.Count(list, []byte("\r\n")); got != count {
		t.Errorf("curl lists %d messages, want %d", got, count)
	}
	s.Run(t, "curl", "-sS", "--user", login+":"+password, "--request", "DELE", "--list-only", fmt.Sprintf("pop3://%s:%s/7", s.Host, s.Port))
	uids := s.w.UIDs("Trash")
	if len(uids) != 1 || len(s.w.UIDs("INBOX")) != count-1 {
		t.Fatalf("after DELE Trash holds %v", uids)
	}
	same(t, [][]byte{s.w.Raw("Trash", uids[0])}, s.messages[6:7])
}

// TestRemembering lets each client that remembers unique-ids retrieve once, then
// nothing new, and another of its kind delete as it retrieves.
func TestRemembering(t *testing.T) {
	for _, program := range clients.Remembering() {
		t.Run(program.Name, func(t *testing.T) {
			s := open(t)
			s.fetched(t, program.Poll(t, s.User, false))
			s.kept(t, !program.TOP)
			if again := program.Poll(t, s.User, false); len(again) != 0 {
				t.Errorf("the second poll finds %d new messages, want none", len(again))
			}
			s.kept(t, !program.TOP)
			other := clients.NewUser(t, s.b.Address("pop3"), login, password)
			s.fetched(t, program.Poll(t, other, true))
			s.deleted(t)
		})
	}
}
