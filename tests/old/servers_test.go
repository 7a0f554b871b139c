package old

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const letters = 40

// view is all that a device can see of a maildrop.
func view(c *bridge.Client, n int) []string {
	seen := []string{c.OK("STAT")}
	seen = append(seen, c.Lines("LIST")...)
	seen = append(seen, c.Lines("UIDL")...)
	for i := range n {
		seen = append(seen, c.OK(fmt.Sprintf("LIST %d", i+1)), c.OK(fmt.Sprintf("UIDL %d", i+1)),
			string(c.Message(fmt.Sprintf("RETR %d", i+1))), string(c.Message(fmt.Sprintf("TOP %d 0", i+1))), string(c.Message(fmt.Sprintf("TOP %d 2", i+1))))
	}
	return seen
}

// A device sees the same with popbridge in between: numbers, order, octets,
// unique-ids, and every octet of RETR and TOP.
func TestADeviceDoesNotNotice(t *testing.T) {
	for _, kind := range servers.OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			login, password := user()
			old := servers.StartOld(t, kind, nil)
			old.Deliver(t, login, servers.Letters(letters))
			direct := bridge.Dial(t, old.POP3)
			if kind == "courier" {
				direct.OK("UTF8") // or it shows a notice in place of some messages
			}
			direct.OK("USER " + login)
			direct.OK("PASS " + password)
			want := view(direct, letters)
			direct.Quit()
			s := newSite(t, old.POP3, "", "")
			for round := range 2 {
				c := s.login(login, password)
				got := view(c, letters)
				c.Quit()
				if len(got) != len(want) {
					t.Fatalf("round %d: %d answers, not %d", round, len(got), len(want))
				}
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("round %d: answer %d is\n%q, of the old server\n%q", round, i, got[i], want[i])
					}
				}
			}
		})
	}
}

// DELE and QUIT remove on the old server what was marked and nothing else; RSET, or
// an end without QUIT, removes nothing. What is left keeps its unique-id.
func TestDeletingOnAnOldServer(t *testing.T) {
	for _, kind := range servers.OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			login, password := user()
			old := servers.StartOld(t, kind, nil)
			old.Deliver(t, login, servers.Letters(20))
			s := newSite(t, old.POP3, "", "")
			c := s.login(login, password)
			ids := c.Lines("UIDL")
			c.OK("DELE 3")
			c.OK("RSET")
			c.Quit()
			c = s.login(login, password)
			c.OK("DELE 4")
			c.Cut()
			s.AwaitTimes("session ended", 2)
			c = s.login(login, password)
			if got := c.Lines("UIDL"); !slices.Equal(got, ids) {
				t.Fatalf("something was removed: %q, not %q", got, ids)
			}
			c.OK("RETR 1")
			c.Body()
			c.OK("DELE 1")
			c.OK("DELE 7")
			c.Quit()
			left := func(ids []string) (texts []string) {
				for _, line := range ids {
					_, id, _ := strings.Cut(line, " ")
					texts = append(texts, id)
				}
				return texts
			}
			want := slices.Delete(slices.Delete(left(ids), 6, 7), 0, 1)
			direct := bridge.Login(t, old.POP3, login, password)
			if got := left(direct.Lines("UIDL")); !slices.Equal(got, want) {
				t.Fatalf("the old server has %q, not %q", got, want)
			}
			direct.Quit()
			old.Deliver(t, login, [][]byte{[]byte("Subject: new\r\n\r\nnew\r\n")})
			c = s.login(login, password)
			if got := left(c.Lines("UIDL")); len(got) != len(want)+1 || !slices.Equal(got[:len(want)], want) {
				t.Errorf("a device sees %q, not %q and a new one", got, want)
			}
			if m := c.Message(fmt.Sprintf("RETR %d", len(want)+1)); !bytes.HasSuffix(m, []byte("\r\n\r\nnew\r\n")) {
				t.Errorf("the new message is %q", m)
			}
			c.Quit()
		})
	}
}

// A harvest knows every message of every kind of server, in its order.
func TestHarvestOfRealServers(t *testing.T) {
	for _, kind := range servers.OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			login, password := user()
			old := servers.StartOld(t, kind, nil)
			old.Deliver(t, login, servers.Letters(120))
			s := newSite(t, old.POP3, "", "")
			if text := s.command("check", "--connect"); !strings.Contains(text, "ok: connected without TLS, an old POP3 server that ") {
				t.Errorf("check says %q", text)
			}
			list, errs, code := s.harvest("--account", login, "--password-file", passwordFile(t, password), "--headers", "all")
			if code != 0 || len(list) != 1 || list[0].Messages != 120 || list[0].Known != 120 {
				t.Fatalf("code %d, %+v, %s", code, list, errs)
			}
			exported := s.command("migrate", "export", "--upstream", "old", "--account", login)
			c := s.login(login, password)
			at := 0
			for _, id := range ids(c.Lines("UIDL")) {
				line := strings.Index(exported[at:], id)
				if line < 0 {
					t.Fatalf("unique-id %q is not in its place in the export", id)
				}
				at += line
			}
			c.Quit()
		})
	}
}
