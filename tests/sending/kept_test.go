package sending_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// TestKilledAroundThe250 kills popbridge with kill -9 at every moment of a message's way.
// The device sends each message until it hears 250, and then it is among the sent messages,
// once, however often the server has got it.
func TestKilledAroundThe250(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	d := servers.StartDovecot(t, servers.Dovecot{})
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	w := servers.Dial(t, d.IMAP, alice, password)
	state := filepath.Join(t.TempDir(), "state.db")
	config := yaml(d.IMAP, smtp.Address(), "", "", fmt.Sprintf("state: {source: %q, secrets_key: %q}", state, strings.Repeat("ab", 32)))
	promised := 0
	b := bridge.Start(t, config, password)
	delay := 2 * time.Millisecond
	for range kills {
		dev := dial(t, b.Address("submission")).login()
		for _, line := range []string{"MAIL FROM:<" + alice + ">", "RCPT TO:<bob@example.org>", "DATA"} {
			dev.raw(line + "\r\n")
			dev.read()
		}
		killed := make(chan struct{})
		dev.raw(fmt.Sprintf("Message-ID: <%d@device>\r\nDate: Mon, 30 Nov 2026 05:00:00 +0000\r\n", promised) + message(fmt.Sprintf("kill %d.", promised)))
		go func() {
			defer close(killed)
			time.Sleep(delay)
			b.Kill()
		}()
		dev.raw(".\r\n")
		heard := strings.HasPrefix(dev.read(), "250")
		<-killed
		// It hovers around the 250, however fast the machine is.
		if heard {
			promised++
			delay = delay * 4 / 5
		} else {
			delay = delay*5/4 + 50*time.Microsecond
		}
		b = bridge.Start(t, config, password)
	}
	drained(t, filepath.Join(filepath.Dir(state), "sent"))
	for i := range promised {
		if copies := sent(t, w, "Sent", fmt.Sprintf("kill %d.", i), 1); len(copies) != 1 {
			t.Errorf("message %d lies there %d times", i, len(copies))
		}
	}
	if promised == 0 || promised == kills {
		t.Errorf("%d of %d were promised: the kills fall on one side", promised, kills)
	}
}

// TestACopyOutlivesItsServer: while the mailbox cannot be opened the message is sent, its
// copy waits over a restart, encrypted, and lies in the mailbox when that is back.
func TestACopyOutlivesItsServer(t *testing.T) {
	d := servers.StartDovecot(t, servers.Dovecot{})
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	folder := t.TempDir()
	config := func(extra string) string {
		return yaml(d.IMAP, smtp.Address(), "", ", sent_mailbox: Ausgang", fmt.Sprintf("state: {source: %q%s}", filepath.Join(folder, "state.db"), extra))
	}
	b := bridge.Start(t, config(""), password)
	d.Stop()
	dev := dial(t, b.Address("submission")).login()
	dev.send(message("in the clear"), "250")
	b.Await("it will be tried again")
	b.Kill()
	b = bridge.Start(t, config(fmt.Sprintf(", secrets_key: %q", strings.Repeat("cd", 32))), password)
	dev = dial(t, b.Address("submission")).login()
	dev.send(message("sealed"), "250")
	b.Await("it will be tried again")
	waiting, _ := filepath.Glob(filepath.Join(folder, "sent", "*.sent"))
	if len(waiting) != 2 {
		t.Fatalf("%v waits", waiting)
	}
	for _, file := range waiting {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("sealed")) {
			t.Error("a copy lies there in the clear")
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	b.Kill()
	d.Restart(t)
	bridge.Start(t, config(fmt.Sprintf(", secrets_key: %q", strings.Repeat("cd", 32))), password)
	w := servers.Dial(t, d.IMAP, alice, password)
	for end := time.Now().Add(patience); !bytes.Contains([]byte(strings.Join(w.Mailboxes(), " ")), []byte("Ausgang")); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the mailbox is not made")
		}
	}
	for _, subject := range []string{"in the clear", "sealed"} {
		if copies := sent(t, w, "Ausgang", subject, 1); len(copies) != 1 {
			t.Errorf("%q lies there %d times", subject, len(copies))
		}
	}
	drained(t, filepath.Join(folder, "sent"))
}

// TestSentTwiceAndFiledOnce: a device that has not read the 250 sends the message again.
func TestSentTwiceAndFiledOnce(t *testing.T) {
	l := lying(t, "", "", "")
	for _, text := range []string{message("no name"), "Message-ID: <own@device>\r\n" + message("a name")} {
		for range 2 {
			d := dial(t, l.Address("submission")).login()
			d.say("MAIL FROM:<"+alice+">", "250")
			d.say("RCPT TO:<bob@example.org>", "250")
			d.say("DATA", "354")
			d.raw(text + ".\r\n")
			d.reply("250")
			_ = d.nc.Close()
			l.Await("no QUIT")
		}
	}
	l.AwaitLine("a message was sent again", "<own@device>")
	sent(t, l.witness, "Sent", "a name", 1)
	if copies := sent(t, l.witness, "Sent", "Subject: ", 2); len(copies) != 2 {
		t.Errorf("%d copies of two messages", len(copies))
	}
	if n := len(l.smtp.Messages()); n != 4 {
		t.Errorf("the server has %d messages, want all four", n)
	}
}
