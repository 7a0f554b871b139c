package old

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

var caps = []string{"TOP", "UIDL", "USER", "PIPELINING", "RESP-CODES"}

func mail(n int) []liars.OldMessage {
	var list []liars.OldMessage
	for i := range n {
		list = append(list, liars.OldMessage{ID: fmt.Sprintf("id-%d", i+1), Text: fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: letter %d\r\n\r\nbody %d\r\n", i+1, i+1, i+1)})
	}
	return list
}

func ids(lines []string) (ids []string) {
	for _, line := range lines {
		_, id, _ := strings.Cut(line, " ")
		ids = append(ids, id)
	}
	return ids
}

// The old server's lock is the maildrop's: another session there, and the device
// hears [IN-USE], but only if its password is good.
func TestAnOldServersLock(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(1)...)
	s := newSite(t, old.Address(), "", ", lock: none")
	first := s.alice()
	c := bridge.Dial(t, s.Address("pop3"))
	c.OK("USER alice")
	if text := c.Err("PASS " + liars.Password); !strings.HasPrefix(text, "[IN-USE]") {
		t.Errorf("while the maildrop is in use: %q", text)
	}
	c.OK("USER alice")
	if text := c.Err("PASS wrong"); !strings.HasPrefix(text, "[AUTH]") {
		t.Errorf("a wrong password: %q", text)
	}
	first.Quit()
	c.OK("USER alice")
	c.OK("PASS " + liars.Password)
	c.Quit()
}

// A cut message never looks whole: the device's connection ends in the middle, or
// where nothing has left for it yet, it hears -ERR.
func TestACutMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines, cut int
		refused    bool
	}{"small": {1, 60, true}, "large": {4000, 60_000, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			letters := mail(2)
			letters[1].Text += strings.Repeat("another line of the letter\r\n", c.lines)
			old := liars.NewOld(t, liars.OldOptions{Caps: caps}, letters...)
			s := newSite(t, old.Address(), "", "")
			client := s.alice()
			old.Lie(liars.OldLie{Verb: "RETR", CutAt: c.cut, Hangup: true})
			if c.refused {
				if text := client.Err("RETR 2"); !strings.HasPrefix(text, "[SYS/TEMP]") {
					t.Errorf("RETR: %q", text)
				}
				return
			}
			client.Send("RETR 2\r\n")
			if rest := client.Rest(); strings.Contains(rest, "\r\n.\r\n") || !strings.HasPrefix(rest, "+OK") {
				t.Errorf("the answer was %.100q and %d octets", rest, len(rest))
			}
		})
	}
}

// A connection that is cut in QUIT leaves it open whether the messages are gone:
// the device hears -ERR, and the next login finishes what was begun.
func TestQuitThatIsCut(t *testing.T) {
	for name, carry := range map[string]bool{"before it is done": false, "behind it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(3)...)
			s := newSite(t, old.Address(), "", "")
			c := s.alice()
			c.OK("DELE 1")
			c.OK("DELE 3")
			old.Lie(liars.OldLie{Verb: "QUIT", Carry: carry, Hangup: true, Times: 1})
			if text := c.Err("QUIT"); !strings.Contains(text, "not removed") {
				t.Errorf("QUIT: %q", text)
			}
			s.Await("session ended")
			c = s.alice()
			if got := ids(c.Lines("UIDL")); !slices.Equal(got, []string{"id-2"}) {
				t.Errorf("the next login sees %q", got)
			}
			c.Quit()
			if got := old.IDs(); !slices.Equal(got, []string{"id-2"}) {
				t.Errorf("the old server has %q", got)
			}
		})
	}
}

// kill -9 while the old server has not answered QUIT: the next process finishes
// it, and a message that came meanwhile is not touched.
func TestKilledInQuit(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(3)...)
	s := newSite(t, old.Address(), "", "")
	c := s.alice()
	c.OK("DELE 1")
	c.OK("DELE 2")
	old.Lie(liars.OldLie{Verb: "DELE", Skip: 1, Times: 1}) // the second is never answered
	c.Send("QUIT\r\n")
	for !slices.Contains(old.Commands(), "DELE 2") {
		time.Sleep(time.Millisecond)
	}
	s.Kill()
	old.Mail(func(list []liars.OldMessage) []liars.OldMessage {
		return append([]liars.OldMessage{{ID: "new", Text: "Subject: new\r\n\r\n"}}, list[1:]...)
	})
	s.start()
	c = s.alice()
	if got := ids(c.Lines("UIDL")); !slices.Equal(got, []string{"new", "id-3"}) {
		t.Errorf("the next login sees %q", got)
	}
	c.Quit()
	s.AwaitLine("completed a QUIT that a crash had interrupted", "deletions=2")
}

// What one session at an old server shows is no proof that its maildrop was rebuilt:
// there is another look before a QUIT that was interrupted is given up.
func TestInterruptedAndSeenWrongOnce(t *testing.T) {
	t.Parallel()
	const other = "+OK\r\nMessage-ID: <other@example.org>\r\nSubject: other\r\n\r\n.\r\n"
	for name, times := range map[string]int{"once": 1, "always": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(3)...)
			s := newSite(t, old.Address(), "", "")
			c := s.alice()
			c.OK("DELE 1")
			old.Lie(liars.OldLie{Verb: "QUIT", Hangup: true, Times: 1})
			c.Err("QUIT")
			s.Await("session ended")
			s.restart()
			old.Lie(liars.OldLie{Verb: "TOP", Say: other, Times: times})
			s.alice().Quit()
			left := []string{"id-2", "id-3"}
			if times == 0 {
				left = []string{"id-1", "id-2", "id-3"}
				s.AwaitLine("[ERROR]", "rebuilt or restored")
			} else if s.AwaitLine("completed a QUIT that a crash had interrupted", "deletions=1"); strings.Contains(s.Output(), "rebuilt or restored") {
				t.Error("one look is taken for the truth")
			}
			if got := old.IDs(); !slices.Equal(got, left) {
				t.Errorf("the old server has %q", got)
			}
		})
	}
}

// What a server says of messages is served as it says it, and an operator hears of
// what is strange.
func TestStrangeUniqueIDs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 71)
	old := liars.NewOld(t, liars.OldOptions{Caps: caps}, liars.OldMessage{ID: long, Text: "a: b\r\n\r\n"},
		liars.OldMessage{ID: "two words", Text: "c: d\r\n\r\n"}, liars.OldMessage{ID: "twin", Text: "e: f\r\n\r\n"}, liars.OldMessage{ID: "twin", Text: "g: h\r\n\r\n", Octets: 4711})
	s := newSite(t, old.Address(), "", "")
	for range 2 {
		c := s.alice()
		if got := ids(c.Lines("UIDL")); !slices.Equal(got, []string{long, "two words", "twin", "twin"}) {
			t.Errorf("UIDL %q", got)
		}
		if got := c.Lines("LIST"); got[3] != "4 4711" {
			t.Errorf("LIST %q", got)
		}
		if got := string(c.Message("RETR 4")); got != "g: h\r\n\r\n" {
			t.Errorf("RETR 4 %q", got)
		}
		c.Quit()
	}
	s.AwaitLine("unique-ids that RFC 1939 does not allow", "invalid=2", "repeated=1")
	old.Mail(func(list []liars.OldMessage) []liars.OldMessage {
		for i := range list {
			list[i].ID = fmt.Sprint("renamed-", i)
		}
		return list
	})
	s.alice().Quit()
	s.AwaitLine("the old server has given every message a new unique-id", "messages=4")
}

// on_delete = hide needs nothing of the old server, and holds over a restart.
func TestHidingOnAnOldServer(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps}, mail(3)...)
	s := newSite(t, old.Address(), "", ", on_delete: hide")
	c := s.alice()
	c.OK("DELE 2")
	c.Quit()
	s.restart()
	old.Mail(func(list []liars.OldMessage) []liars.OldMessage {
		return append(list[1:], liars.OldMessage{ID: "new", Text: "n: n\r\n\r\n"})
	})
	c = s.alice()
	if got := ids(c.Lines("UIDL")); !slices.Equal(got, []string{"id-3", "new"}) {
		t.Errorf("a device sees %q", got)
	}
	c.Quit()
	if got := old.IDs(); !slices.Equal(got, []string{"id-2", "id-3", "new"}) {
		t.Errorf("the old server has %q", got)
	}
}

// A session is a connection: beyond max_connections logins wait for their turn.
func TestMaxConnections(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps}, mail(1)...)
	s := newSite(t, old.Address(), ", tls: none, max_connections: 2", ", lock: none")
	first, second := s.alice(), s.alice()
	third := bridge.Dial(t, s.Address("pop3"))
	third.OK("USER alice")
	third.Send("PASS " + liars.Password + "\r\n")
	first.Quit()
	third.Expect("+OK")
	third.Quit()
	second.Quit()
	if most := old.Most(); most > 2 {
		t.Errorf("the old server had %d connections at once", most)
	}
}

// What sessions have retrieved, and some of what they have not, is known by its
// content afterwards.
func TestLearningWhileServing(t *testing.T) {
	t.Parallel()
	old := liars.NewOld(t, liars.OldOptions{Caps: caps, Locked: true}, mail(250)...)
	s := newSite(t, old.Address(), "", "")
	hashed := func() (n int) {
		for line := range strings.Lines(s.command("migrate", "export", "--upstream", "old", "--account", "alice")) {
			if fields := strings.Split(strings.TrimSpace(line), ","); len(fields) > 3 && len(fields[3]) == 32 {
				n++
			}
		}
		return n
	}
	c := s.alice()
	c.Message("RETR 250")
	c.Quit()
	for n, want := 0, 101; n < want; n = hashed() {
	}
	if n := hashed(); n != 101 {
		t.Errorf("%d messages are known by content, not 100 and the one that was retrieved", n)
	}
	s.alice().Quit()
	for n, want := 0, 201; n < want; n = hashed() {
	}
	s.alice().Quit()
	for n, want := 0, 250; n < want; n = hashed() {
	}
	tops := 0
	for _, command := range old.Commands() {
		if strings.HasPrefix(command, "TOP") {
			tops++
		}
	}
	if tops != 249 {
		t.Errorf("%d headers were asked for, not each once but the one that was retrieved", tops)
	}
}
