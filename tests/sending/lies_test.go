package sending_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// liar is popbridge in front of a submission server that lies and a Dovecot.
type liar struct {
	*bridge.Bridge
	smtp    *liars.Submission
	witness *servers.Witness
	folder  string // of copies that wait
}

func lying(t *testing.T, listener, submission, extra string) *liar {
	t.Helper()
	d := servers.StartDovecot(t, servers.Dovecot{})
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	state := t.TempDir()
	extra += fmt.Sprintf("\nstate: {source: %q}", filepath.Join(state, "state.db"))
	b := bridge.Start(t, yaml(d.IMAP, smtp.Address(), listener, submission, extra), password)
	return &liar{b, smtp, servers.Dial(t, d.IMAP, alice, password), filepath.Join(state, "sent")}
}

// drained waits until no copy waits for its mailbox any more.
func drained(t *testing.T, folder string) {
	t.Helper()
	until(t, "an empty folder of sent mail", func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*.*"))
		return err == nil && len(files) == 0
	})
}

// TestASubmissionServerThatLies: whatever it does, a device hears 250 only where the
// server has the message, and the message lies among the sent ones then and only then;
// a refusal keeps its code, and none is sent that was refused.
func TestASubmissionServerThatLies(t *testing.T) {
	l := lying(t, "", "", "")
	type fault struct {
		lie  liars.SubmissionLie
		want string // how the answer to the message begins
	}
	var faults []fault
	add := func(verb, say string, closes bool, want string) {
		faults = append(faults, fault{liars.SubmissionLie{Verb: verb, Say: say, Close: closes, Times: 2}, want})
	}
	for _, verb := range []string{"GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "END"} {
		add(verb, "", true, "451 4.4.")
		add(verb, "421 4.3.2 the service ends\r\n", true, "451 4.")
		add(verb, "this is not SMTP\r\n", false, "451 4.4.")
		add(verb, "250-2.0.0 well\r\n550 5.0.0 not so\r\n", false, "451 4.4.")
		add(verb, "999 9.9.9 no such class\r\n", false, "451 4.4.")
	}
	for _, verb := range []string{"MAIL", "RCPT", "DATA", "END"} {
		add(verb, "450 4.2.1 later\r\n", false, "450 4.2.1")
		add(verb, "550-5.7.1 never\r\n550 5.7.1 ever\r\n", false, "550 5.7.1")
		add(verb, "554 2.0.0 a code that contradicts itself\r\n", false, "554 5.0.0")
		add(verb, "452 no enhanced code\r\n", false, "452 4.0.0")
		add(verb, "530 5.7.0 log in\r\n", false, "451 4.4.1")
	}
	add("BODY", "552 5.3.4 too large\r\n", false, "552 5.3.4")
	add("BODY", "250 2.0.0 taken before it was sent\r\n", false, "451 4.4.2")
	add("DATA", "250 2.0.0 taken before it was sent\r\n", false, "451 4.4.1")
	add("MAIL", "250 2.1.0 ok\r\n250 2.1.0 once more\r\n", false, "451 4.4.2")
	add("RCPT", "250 2.1.5 ok\r\n250 2.1.5 once more\r\n", false, "451 4.4.2")
	add("DATA", "354 go on\r\n250 2.0.0 taken\r\n", false, "451 4.4.2")
	add("GREETING", "220 one\r\n220 two\r\n", false, "451 4.4.")
	add("AUTH", "535 5.7.8 no\r\n", false, "535 5.7.8")
	add("AUTH", "454 4.7.0 later\r\n", false, "451 4.4.1")
	add("AUTH", "250 2.0.0 not how a login ends\r\n", false, "451 4.4.")
	add("END", "250 5.7.1 the first digit rules\r\n", false, "250 2.")
	add("END", "251 2.0.0 forwarded\r\n", false, "250 2.")
	add("END", "250-2.0.0 in\r\n250 2.0.0 lines\r\n", false, "250 2.0.0")
	add("RCPT", "251 2.1.5 forwarded\r\n", false, "250 2.")
	if len(faults) < 60 {
		t.Errorf("%d faults", len(faults))
	}
	for i, f := range faults {
		t.Run(fmt.Sprintf("%s %.24q %v", f.lie.Verb, f.lie.Say, f.lie.Close), func(t *testing.T) {
			var told chan struct{}
			if f.lie.Verb == "BODY" {
				told = make(chan struct{}, f.lie.Times)
				f.lie.Told = func() { told <- struct{}{} }
			}
			l.smtp.Lie(f.lie)
			subject := fmt.Sprintf("fault %d.", i)
			got := attempt(t, l.Address("submission"), subject, told)
			if !strings.HasPrefix(got, f.want) {
				t.Errorf("the device hears %q, want %s", got, f.want)
			}
			if strings.Contains(got, "never") || strings.Contains(got, "contradicts") || strings.Contains(got, "enhanced") || strings.Contains(got, "not so") {
				t.Errorf("the server's text reaches the device: %q", got)
			}
			taken, ended := 0, 0
			for _, m := range l.smtp.Messages() {
				if strings.Contains(m.Text, "Subject: "+subject) {
					ended++
					if m.Taken {
						taken++
					}
				}
			}
			if promised := strings.HasPrefix(got, "250"); promised != (taken == 1) || ended > 1 || f.lie.Verb != "END" && !promised && ended > 0 {
				t.Errorf("the device hears %q, the server has taken %d of %d", got, taken, ended)
			}
		})
	}
	l.smtp.Lie()
	if got := attempt(t, l.Address("submission"), "the last", nil); !strings.HasPrefix(got, "250") {
		t.Errorf("a server that has lied is spoken to no more: %q", got)
	}
	sent(t, l.witness, "Sent", "the last", 1)
	taken := 0
	for _, m := range l.smtp.Messages() {
		if m.Taken {
			taken++
		}
	}
	if copies := sent(t, l.witness, "Sent", "Subject: ", taken); len(copies) != taken {
		t.Errorf("the server has %d messages, and there are %d copies", taken, len(copies))
	}
}

// attempt has a device try to send a message, and gives the answer to it, or to the
// command before it that was refused. With told, the message's second half waits until
// the server has had its say.
func attempt(t *testing.T, address, subject string, told <-chan struct{}) string {
	t.Helper()
	d := dial(t, address)
	defer d.nc.Close()
	d.say("EHLO device", "250")
	for _, line := range []string{"AUTH PLAIN " + plain(alice, password), "MAIL FROM:<" + alice + ">", "RCPT TO:<bob@example.org>", "DATA"} {
		d.raw(line + "\r\n")
		if got := d.read(); got == "" || got[0] != '2' && got[0] != '3' {
			return got
		}
	}
	// Each half is more than what any writer on the way keeps back.
	half := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1500)
	d.raw(message(subject) + half)
	if told != nil {
		select {
		case <-told:
		case <-time.After(patience):
			t.Fatal("the server has seen nothing of a message whose first half was sent")
		}
	}
	d.raw(half + ".\r\n")
	got := d.read()
	d.say("QUIT", "221")
	return got
}
