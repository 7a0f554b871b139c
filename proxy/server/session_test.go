package server

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/translate"
)

func TestASession(t *testing.T) {
	s := newStore("Subject: one\r\n\r\n.dot\r\n", "Subject: two\n\nbare", "")
	d := connect(t, quietly(t, s, nil))
	defer d.close()
	d.says("STAT", "-ERR log in first")
	d.says("USER Alice@Example.org+scanner", "+OK")
	d.says("PASS secret", "+OK 3 messages (40 octets)")
	d.send("\r\n") // what devices send behind PASS has no reply, but only once
	d.says("", "-ERR unknown command")
	if s.key.Account != "alice@example.org" || s.key.Device != "scanner" || s.login.Account != "alice@example.org" {
		t.Errorf("the page of %+v, the mailbox of %s", s.key, s.login.Account)
	}
	d.says("LIST", "+OK 3 messages (40 octets)")
	if got := d.lines(); !slices.Equal(got, []string{"1 22", "2 18", "3 0"}) {
		t.Errorf("LIST %q", got)
	}
	d.says("LIST 02", "+OK 2 18")
	d.says("UIDL 1", "+OK 1 0000000100000007")
	d.says("UIDL", "+OK")
	if got := d.lines(); len(got) != 3 || got[2] != "3 0000000300000007" {
		t.Errorf("UIDL %q", got)
	}
	d.says("RETR 1", "+OK 22 octets")
	if got := d.lines(); !slices.Equal(got, []string{"Subject: one", "", "..dot"}) {
		t.Errorf("RETR 1 %q", got)
	}
	d.says("RETR 2", "+OK")
	if got := d.lines(); !slices.Equal(got, []string{"Subject: two", "", "bare"}) {
		t.Errorf("RETR 2 %q", got)
	}
	d.says("RETR 3", "+OK")
	if got := d.lines(); len(got) != 0 {
		t.Errorf("an empty message: %q", got)
	}
	d.says("LAST", "+OK 3")
	d.says("DELE 2", "+OK")
	d.says("DELE 2", "-ERR")
	d.says("RETR 2", "-ERR")
	d.says("STAT", "+OK 2 22")
	d.says("RSET", "+OK 3 messages")
	d.says("DELE 1", "+OK")
	d.says("QUIT", "+OK")
	if rest := d.rest(); rest != "" {
		t.Errorf("behind QUIT: %q", rest)
	}
	ops, closed, log := s.state()
	if len(ops) != 2 || ops[0].Flag != `\Seen` || ops[1].Kind != translate.OpMove || ops[1].To != "Trash" || ops[1].UIDs.String() != "1" {
		t.Errorf("ops %+v", ops)
	}
	if closed["mailbox"] != 1 || closed["page"] < 1 {
		t.Errorf("closed %v", closed)
	}
	if log = after(log, "Identify"); !slices.Equal(log, []string{"Prepare", "Intend", "Apply", "Record", "Close"}) {
		t.Errorf("UPDATE in the order %v", log)
	}
}

// after gives what came after the last event of that name.
func after(log []string, event string) []string {
	for i, e := range slices.Backward(log) {
		if e == event {
			return log[i+1:]
		}
	}
	return log
}

// A failed step of UPDATE is -ERR, and nothing behind it is done.
func TestQUITIsRefusedUnlessAllIsConfirmed(t *testing.T) {
	for _, method := range []string{"Identify", "Prepare", "Intend", "Apply", "Record"} {
		t.Run(method, func(t *testing.T) {
			s := newStore("a\r\n", "b\r\n")
			d := connect(t, quietly(t, s, nil))
			defer d.close()
			d.logIn()
			d.says("DELE 1", "+OK")
			s.fail(method, errUpstream)
			d.says("QUIT", "-ERR [SYS/TEMP] some deleted messages not removed")
			if rest := d.rest(); rest != "" {
				t.Errorf("behind QUIT: %q", rest)
			}
			if ops, _, log := s.state(); !slices.Equal(after(log, method), []string{"Close"}) || len(ops) > 0 && method != "Record" {
				t.Errorf("%v was done behind the failure: %v", ops, log)
			}
		})
	}
}

// A page whose lock was taken over refuses to commit: the device hears it.
func TestQUITOfADisplacedSession(t *testing.T) {
	s := newStore("a\r\n")
	d := connect(t, quietly(t, s, onDelete(translate.DeleteHide)))
	defer d.close()
	d.logIn()
	d.says("DELE 1", "+OK")
	s.fail("Intend", translate.InUse(errors.New("taken over")))
	d.says("QUIT", "-ERR [IN-USE] some deleted messages not removed")
	if len(s.hidden) > 0 {
		t.Errorf("hidden %v", s.hidden)
	}
}

// Displaced closes the connection, and what was marked stays.
func TestADisplacedSessionEnds(t *testing.T) {
	s := newStore("a\r\n")
	addr := quietly(t, s, nil)
	d := connect(t, addr)
	defer d.close()
	d.logIn()
	d.says("DELE 1", "+OK")
	s.key.Displaced()
	if rest := d.rest(); rest != "" {
		t.Errorf("%q", rest)
	}
	if ops, _, _ := s.state(); len(ops) > 0 {
		t.Errorf("ops %+v", ops)
	}
}

// A session that ends without QUIT deletes nothing; what was retrieved is seen.
func TestASessionWithoutQUIT(t *testing.T) {
	s := newStore("a\r\n", "b\r\n")
	cfg := configuration()
	addr, stop := serve(t, logger(t), s.backend(), cfg)
	d := connect(t, addr)
	d.logIn()
	d.says("RETR 2", "+OK")
	d.lines()
	d.says("DELE 1", "+OK")
	d.send("QUIT") // no line end: not a QUIT
	d.close()
	stop()
	ops, closed, _ := s.state()
	if len(ops) != 1 || ops[0].Kind != translate.OpStore || ops[0].Flag != `\Seen` || ops[0].UIDs.String() != "2" {
		t.Errorf("ops %+v", ops)
	}
	if closed["mailbox"] != 1 || closed["page"] < 1 {
		t.Errorf("closed %v", closed)
	}
}

// Before the first octet a failure is -ERR and the session goes on; behind it the
// connection closes without a terminator, and the message is not seen.
func TestAFailingRETR(t *testing.T) {
	for _, command := range []string{"RETR 1", "TOP 1 0"} {
		s := newStore("Subject: x\r\n\r\nbody\r\n")
		addr := quietly(t, s, nil)
		d := connect(t, addr)
		d.logIn()
		s.fail("Fetch", translate.ErrGone)
		d.says(command, "-ERR message is no longer there")
		s.fail("Fetch", errUpstream)
		d.says(command, "-ERR [SYS/TEMP]")
		s.mu.Lock()
		s.late = true
		s.mu.Unlock()
		d.send(command + "\r\n")
		if rest := d.rest(); strings.Contains(rest, "\r\n.\r\n") || strings.Contains(rest, "-ERR") || strings.Contains(rest, "body\r\n") {
			t.Errorf("%s broken off: %q", command, rest)
		}
		d.close()
		if ops, _, _ := s.state(); len(ops) > 0 {
			t.Errorf("ops %+v", ops)
		}
	}
}

// Whatever fails at login: one -ERR, everything that was opened is closed, and the
// device may try again.
func TestAFailingLogin(t *testing.T) {
	for method, want := range map[string]string{
		"OpenMailbox": "-ERR [SYS/TEMP]", "OpenPage": "-ERR [SYS/TEMP]", "List": "-ERR [SYS/TEMP]", "Record": "-ERR [SYS/TEMP]",
	} {
		s := newStore("a\r\n")
		s.fail(method, errUpstream)
		d := connect(t, quietly(t, s, nil))
		d.says("USER alice", "+OK")
		d.says("PASS secret", want)
		if _, closed, _ := s.state(); !maps.Equal(closed, s.opened) {
			t.Errorf("%s: opened %v, closed %v", method, s.opened, closed)
		}
		s.fail(method, nil)
		d.logIn()
		d.says("STAT", "+OK 1 3")
		d.close()
	}
	s := newStore()
	s.fail("OpenPage", translate.InUse(errUpstream))
	d := connect(t, quietly(t, s, nil))
	defer d.close()
	d.says("USER alice", "+OK")
	d.says("PASS secret", "-ERR [IN-USE]")
	d.says("PASS secret", "-ERR send USER first")
	d.says("USER alice", "+OK")
	d.says("PASS wrong", "-ERR [AUTH]")
	d.says("USER alice", "+OK")
	d.says("PASS ", "-ERR [AUTH]")
}

func TestLimits(t *testing.T) {
	addr := quietly(t, newStore(), func(c *configs.Config) { c.Limits.BadCommands = 4 })
	d := connect(t, addr)
	defer d.close()
	d.send("A\r\nB\r\nC\r\nD\r\n")
	if rest := d.rest(); strings.Count(rest, "-ERR") != 3 {
		t.Errorf("before login: %q", rest)
	}
	d = connect(t, addr)
	defer d.close()
	d.logIn()
	d.send("A\r\nB\r\nC\r\nNOOP\r\nA\r\nB\r\nC\r\nD\r\nNOOP\r\n")
	if rest := d.rest(); strings.Count(rest, "-ERR") != 7 || strings.Count(rest, "+OK") != 1 {
		t.Errorf("after login: %q", rest)
	}
	d = connect(t, addr)
	defer d.close()
	d.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if rest := d.rest(); rest != "" {
		t.Errorf("to a browser: %q", rest)
	}
	d = connect(t, addr)
	defer d.close()
	d.send(strings.Repeat("x", 9000) + "\r\n")
	if rest := d.rest(); rest != "-ERR line is too long\r\n" {
		t.Errorf("to an overlong line: %q", rest)
	}
}

// A device that is told that QUIT failed logs in again within milliseconds: the
// lock has to be free by then.
func TestAFailedQUITFreesTheLockBeforeItsAnswer(t *testing.T) {
	s := newStore("a\r\n")
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: answersTo{s}})
	addr, stop := serve(t, log, s.backend(), configuration())
	d := connect(t, addr)
	defer d.close()
	d.logIn()
	d.says("DELE 1", "+OK")
	s.fail("Apply", errUpstream)
	d.says("QUIT", "-ERR [SYS/TEMP]")
	stop()
	_, _, events := s.state()
	freed, answered := slices.Index(events, "Close"), slices.Index(events, "-ERR")
	if freed < 0 || answered < 0 || answered < freed {
		t.Errorf("the lock is free at %d, the device answered at %d: %v", freed, answered, events)
	}
}

// answersTo notes in a store's log when a device is told -ERR.
type answersTo struct{ *store }

func (a answersTo) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("-ERR")) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.log = append(a.log, "-ERR")
	}
	return len(line), nil
}
