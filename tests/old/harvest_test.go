package old

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// harvested is a line of "migrate harvest --json".
type harvested struct {
	Messages int    `json:"messages"`
	Needed   int    `json:"headers_needed"`
	Known    int    `json:"headers_known"`
	Read     int    `json:"headers_read"`
	Error    string `json:"error"`
}

func passwordFile(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// harvest runs the command and gives what it says, and its exit code.
func (s *site) harvest(args ...string) (list []harvested, errs string, code int) {
	s.t.Helper()
	var out, problems strings.Builder
	cmd := exec.Command(bridge.Binary(s.t), append([]string{"migrate", "harvest", "--upstream", "old", "--json", "--config", s.Config}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	_ = cmd.Run() // the code tells
	if err := json.Unmarshal([]byte(out.String()), &list); err != nil {
		s.t.Fatalf("it printed %q: %v, and %q", out.String(), err, problems.String())
	}
	return list, problems.String(), cmd.ProcessState.ExitCode()
}

func tops(old *liars.Old) (n int) {
	for _, command := range old.Commands() {
		if strings.HasPrefix(command, "TOP") {
			n++
		}
	}
	return n
}

// kill -9 in the middle of a harvest: what was learned is kept, the next one reads
// the rest, and no header twice but those of the batch that was under way.
func TestAHarvestThatIsKilled(t *testing.T) {
	t.Parallel()
	const messages, batch = 1800, 500
	old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(messages)...)
	s := newSite(t, old.Address(), "", "")
	password := passwordFile(t, liars.Password)
	args := []string{"--account", "alice", "--password-file", password, "--headers", "all"}
	old.Lie(liars.OldLie{Verb: "TOP", Skip: 1200, Times: 1}) // it is never answered
	b := bridge.Run(t, append([]string{"migrate", "harvest", "--upstream", "old", "--config", s.Config}, args...), liars.Password)
	for tops(old) <= 1200 {
		time.Sleep(time.Millisecond)
	}
	b.Kill()
	before := tops(old)
	list, _, code := s.harvest(args...)
	if code != 0 || len(list) != 1 || list[0].Messages != messages || list[0].Known != messages {
		t.Fatalf("code %d, %+v", code, list)
	}
	if read := tops(old) - before; read > messages-2*batch || read != list[0].Read {
		t.Errorf("%d headers were read again, %+v", read, list[0])
	}
	if list, _, _ = s.harvest(args...); list[0].Read != 0 {
		t.Errorf("a third time: %+v", list)
	}
	before = tops(old)
	s.alice().Quit()
	s.Await("session ended")
	if n := tops(old) - before; n > 0 {
		t.Errorf("a session asked for %d headers that were harvested", n)
	}
}

// A master user harvests accounts whose passwords nobody knows, under TLS, while
// devices log in with their own. Nothing that was seen there is changed.
func TestAMasterUserHarvests(t *testing.T) {
	t.Parallel()
	login, password := user()
	old := servers.StartDovecot(t, servers.Dovecot{Masters: map[string]string{"harvester": "opensesame"}})
	w := servers.Dial(t, old.IMAP, login, password)
	w.Fill("INBOX", servers.Letters(120))
	s := newSite(t, old.POP3, fmt.Sprintf(`, tls: starttls, ca_file: %q, auth: master, master_user: harvester, master_password: opensesame, master_separator: "*"`, old.CAFile), "")
	accounts := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(accounts, []byte(login+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.login(login, password).Quit()
	list, errs, code := s.harvest("--accounts", accounts, "--headers", "all")
	if code != 0 || len(list) != 1 || list[0].Messages != 120 || list[0].Known != 120 {
		t.Fatalf("code %d, %+v, %s", code, list, errs)
	}
	if strings.Contains(errs, "opensesame") {
		t.Errorf("the master password is in %q", errs)
	}
	for _, uid := range w.UIDs("INBOX")[110:] {
		if flags := w.Flags("INBOX", uid); len(flags) > 0 {
			t.Errorf("UID %d has become %v", uid, flags)
		}
	}
	w.Logout()
}

// An account that a device is using is tried again when the device has gone.
func TestAHarvestWaitsForADevice(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(5)...)
	s := newSite(t, old.Address(), "", "")
	c := s.alice()
	password := passwordFile(t, liars.Password)
	list, errs, code := s.harvest("--account", "alice", "--password-file", password, "--tries", "2", "--pause", "1ms")
	if code != 1 || list[0].Error == "" || strings.Count(errs, "harvest: alice: ") != 2 {
		t.Errorf("while the device is in: code %d, %+v, %s", code, list, errs)
	}
	c.Quit()
	s.Await("session ended")
	if list, errs, code = s.harvest("--account", "alice", "--password-file", password); code != 0 || list[0].Messages != 5 {
		t.Errorf("when it has gone: code %d, %+v, %s", code, list, errs)
	}
}

// An account that fails is tried again when the others are done; one whose password
// is refused is not.
func TestAHarvestTriesAgain(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps}, mail(5)...)
	s := newSite(t, old.Address(), "", "")
	accounts := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(accounts, []byte(fmt.Sprintf("alice:%s\nbob:wrong\n", liars.Password)), 0o600); err != nil {
		t.Fatal(err)
	}
	old.Lie(liars.OldLie{Verb: "LIST", Hangup: true, Times: 4}) // each attempt has two
	list, errs, code := s.harvest("--accounts", accounts, "--pause", "1ms", "--parallel", "1")
	if code != 1 || len(list) != 2 || list[0].Error != "" || list[0].Messages != 5 || list[1].Error == "" {
		t.Fatalf("code %d, %+v, %s", code, list, errs)
	}
	if n := strings.Count(errs, "harvest: alice: "); n != 2 {
		t.Errorf("alice failed %d times:\n%s", n, errs)
	}
	if n := strings.Count(errs, "harvest: bob: "); n != 1 {
		t.Errorf("bob failed %d times:\n%s", n, errs)
	}
	if strings.Contains(errs, "wrong") || strings.Contains(errs, liars.Password) {
		t.Errorf("a password is in %q", errs)
	}
}
