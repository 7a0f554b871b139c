package admin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestTrail: who did what stands in a file, with nothing that nobody may see, and the
// file may be rotated.
func TestTrail(t *testing.T) {
	mail := dovecot(t)
	fill(t, mail, 3)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	config := bridge.YAML(mail.IMAP, "none", "", onDisk(t)+separator+patientLimits+"audit: {path: "+path+"}\n")
	b := bridge.Start(t, config, secret, otherSecret)

	b.Refused(t, owner+"+scanner", "wrong", refused)
	b.Refused(t, "nobody\"\\\x01", "wrong", refused)
	c := bridge.Login(t, b.Address("pop3"), owner+"+scanner", secret)
	c.Message("RETR 1")
	c.Message("TOP 2 0")
	c.OK("DELE 1")
	c.OK("DELE 2")
	c.Quit()
	b.AwaitTimes("session ended", 1)
	c = bridge.Login(t, b.Address("pop3"), owner, secret)
	c.OK("DELE 1")
	c.Cut()
	b.AwaitTimes("session ended", 2)
	lines := trail(t, path)
	expectLines(t, "a session", lines,
		"login_refused "+owner+"/scanner refused AUTH",
		"login_refused nobody\"\\\x01/ refused AUTH",
		"login "+owner+"/scanner done",
		"retr "+owner+"/scanner <1@example.org>",
		"top "+owner+"/scanner <2@example.org>",
		"dele "+owner+"/scanner <1@example.org> trash Trash done",
		"dele "+owner+"/scanner <2@example.org> trash Trash done",
		"login "+owner+"/ done")
	if l := lines[3]; l.Client != "127.0.0.1" || l.Session == "" || l.Upstream != "mail" || l.Mailbox != "INBOX" || l.UniqueID == "" || l.Octets == 0 {
		t.Errorf("RETR is told as %+v", l)
	}
	if l := lines[5]; l.UniqueID != lines[3].UniqueID || l.Session != lines[3].Session {
		t.Errorf("DELE is told as %+v", l)
	}
	if l := lines[4]; l.Lines == nil || *l.Lines != 0 {
		t.Errorf("TOP is told as %+v", l)
	}

	// What operators change stands there too, and what they only look at does not.
	b.Command(0, "account", "device", "add", "Alice@example.org", "printer", "--password", "--label", "2nd floor")
	b.Command(0, "account", "device", "list", owner)
	b.Command(1, "account", "device", "remove", other, "printer")
	b.Command(0, "kick", owner)
	acts := trail(t, path)[len(lines):]
	expectLines(t, "commands", acts,
		"act "+owner+"/printer account device add done",
		"act "+other+"/printer account device remove failed",
		"act "+owner+"/ kick done")
	if a := acts[0]; a.By == "" || a.Via != "command" || a.From == "" || a.Details["label"] != "2nd floor" || a.Details["password"] != "true" {
		t.Errorf("a command is told as %+v", a)
	}

	// The command reads it, and what was rotated away.
	rotated := path + ".1"
	if err := os.Rename(path, rotated); err != nil {
		t.Fatal(err)
	}
	if b.Reload("nonsense: true\n") {
		t.Error("a configuration with mistakes was taken")
	}
	bridge.Login(t, b.Address("pop3"), other, otherSecret).Quit()
	b.AwaitTimes("session ended", 3)
	if !b.Reload(config) {
		t.Error("the configuration was not taken")
	}
	expectLines(t, "the new file", trail(t, path), "login "+other+"/ done")
	expectLines(t, "the old file", trail(t, rotated)[len(lines):], shorts(acts))
	expectLines(t, "popbridge audit", parse(t, b.Command(0, "audit", "--account", "BOB@example.org", "--since", "1h", "--json")), "login "+other+"/ done")
	expectLines(t, "popbridge audit --file", parse(t, b.Command(0, "audit", "--file", rotated, "--account", owner, "--device", "scanner", "--event", "dele", "--event", "top", "--json")),
		shorts(lines[4:7]))
	bridge.Has(t, b.Command(0, "audit", "--file", rotated, "--account", owner), "login_refused  "+owner+" (scanner)  from 127.0.0.1", "[AUTH]", "<1@example.org>", "now in Trash")
	bridge.Has(t, b.Command(2, "audit", "--event", "lunch"), "one of login, login_refused")
	if text := b.Command(0, "audit", "--account", other, "--event", "dele"); text != "" {
		t.Errorf("nothing was deleted, and the trail says %s", text)
	}
}

// TestTheTrailCannotBeWritten: with fail = "closed" nothing is done that would not be
// written down, with "open" everything, and a line says that others are missing.
func TestTheTrailCannotBeWritten(t *testing.T) {
	mail := dovecot(t)
	w := fill(t, mail, 4)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	full := func(is bool) {
		t.Helper()
		if is {
			if err := os.Rename(path, path+".kept"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/dev/full", path); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".kept", path); err != nil {
			t.Fatal(err)
		}
	}
	config := func(fail string) string {
		return bridge.YAML(mail.IMAP, "none", "", onDisk(t)+separator+patientLimits+"audit: {path: "+path+", fail: "+fail+"}\n")
	}
	closed := config("closed")
	b := bridge.Start(t, closed, secret, otherSecret)
	c := bridge.Login(t, b.Address("pop3"), owner, secret)
	full(true)
	b.Reload(closed)
	for _, command := range []string{"RETR 1", "TOP 1 0"} {
		if text := c.Err(command); !strings.HasPrefix(text, temporary) {
			t.Errorf("%s is answered with %q", command, text)
		}
	}
	c.OK("DELE 1")
	if text := c.Err("QUIT"); !strings.HasPrefix(text, temporary) {
		t.Errorf("QUIT is answered with %q", text)
	}
	if n := len(w.UIDs("INBOX")); n != 4 {
		t.Errorf("%d messages are left, of 4", n)
	}
	// Whether a password is right cannot be found out either.
	b.Refused(t, owner, secret, temporary)
	b.Refused(t, owner, "wrong", temporary)
	bridge.Has(t, b.Command(1, "account", "device", "add", owner, "printer"), "audit trail cannot be written")
	if out := b.Command(0, "account", "device", "list", owner); strings.Contains(out, "printer") {
		t.Errorf("a command has changed what it could not write down:\n%s", out)
	}
	full(false)
	b.Reload(closed)
	c = bridge.Login(t, b.Address("pop3"), owner, secret)
	c.Message("RETR 1")
	c.OK("DELE 1")
	c.Quit()
	expectLines(t, "closed", trail(t, path),
		"login "+owner+"/ done",
		"lost / 7",
		"login "+owner+"/ done",
		"retr "+owner+"/ <1@example.org>",
		"dele "+owner+"/ <1@example.org> trash intended",
		"dele "+owner+"/ <1@example.org> trash Trash done")

	open := strings.Replace(closed, "fail: closed", "fail: open", 1)
	full(true)
	b.Reload(open)
	c = bridge.Login(t, b.Address("pop3"), owner, secret)
	c.Message("RETR 1")
	c.OK("DELE 1")
	c.Quit()
	b.Await("a line of the audit trail could not be written")
	b.Command(0, "account", "device", "add", owner, "printer")
	full(false)
	b.Reload(open)
	bridge.Login(t, b.Address("pop3"), owner, secret).Quit()
	if n := len(w.UIDs("INBOX")); n != 2 {
		t.Errorf("%d messages are left, of 4 of which 2 were deleted", n)
	}
	expectLines(t, "open", trail(t, path)[6:], "lost / 3", "login "+owner+"/ done")
}
