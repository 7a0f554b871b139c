package admin_test

import (
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestTrailOfWhatBreaksOff: a message that came only in part is told of twice, and a
// QUIT that broke off once more when a login has finished it.
func TestTrailOfWhatBreaksOff(t *testing.T) {
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	server.Mail(func(m *liars.Mail) {
		m.Inbox().Add("Message-ID: <21@x.test>\r\n\r\n" + strings.Repeat("a line of a long text\r\n", 20_000))
	})
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	b := bridge.Start(t, bridge.YAML(server.Address(), "none", "", onDisk(t)+separator+"audit: {path: "+path+"}\n"), liars.Password)

	server.Lie(liars.Always("BODY.PEEK[]", liars.CutAt(200_000)))
	c := bridge.Login(t, b.Address("pop3"), owner, liars.Password)
	c.Send("RETR 5\r\n")
	c.Expect("+OK")
	c.Rest()
	b.AwaitTimes("session ended", 1)

	c = bridge.Login(t, b.Address("pop3"), owner+"+scanner", liars.Password)
	c.OK("DELE 1")
	server.Lie(liars.Always("UID MOVE", liars.Die()), liars.Always(liars.Greeting, liars.Die()))
	c.Err("QUIT")
	b.AwaitTimes("session ended", 2)
	server.Lie(liars.Always("UID MOVE 12", liars.No("[NOPERM]")))
	c = bridge.Login(t, b.Address("pop3"), owner, liars.Password)
	c.OK("DELE 1")
	c.OK("DELE 2")
	server.Mail(func(m *liars.Mail) { m.Inbox().Remove(func(msg *liars.Message) bool { return msg.UID == 14 }) })
	c.Err("QUIT")
	b.AwaitTimes("session ended", 3)

	lines := trail(t, path)
	expectLines(t, "what broke off", lines,
		"login "+owner+"/ done",
		"retr "+owner+"/ <21@x.test>",
		"retr "+owner+"/ <21@x.test> broken off",
		"login "+owner+"/scanner done",
		"dele "+owner+"/scanner <11@x.test> trash unknown",
		// The next login, whose ever it is, finishes it for who has said QUIT.
		"dele "+owner+"/scanner <11@x.test> trash Trash done",
		"login "+owner+"/ done",
		"dele "+owner+"/ trash gone",
		"dele "+owner+"/ <12@x.test> trash refused")
	if whole, part := lines[1].Octets, lines[2].Octets; part == 0 || part >= whole {
		t.Errorf("%d of %d octets are told to have left", part, whole)
	}
	for _, l := range []line{lines[4], lines[8]} {
		if l.Cause == "" {
			t.Errorf("%s has no cause", l.short())
		}
	}
}
