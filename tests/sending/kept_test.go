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

// TestKilledAroundThe250 kills popbridge with kill -9 at every moment of a message's way:
// what the device was promised is among the sent messages after the restart, once.
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
	promised := make(map[int]bool)
	b := bridge.Start(t, config, password)
	delay := 2 * time.Millisecond
	for i := range kills {
		subject := fmt.Sprintf("kill %d.", i)
		dev := dial(t, b.Address("submission")).login()
		for _, line := range []string{"MAIL FROM:<" + alice + ">", "RCPT TO:<bob@example.org>", "DATA"} {
			dev.raw(line + "\r\n")
			dev.read()
		}
		killed := make(chan struct{})
		dev.raw(message(subject))
		go func() {
			defer close(killed)
			time.Sleep(delay)
			b.Kill()
		}()
		dev.raw(".\r\n")
		promised[i] = strings.HasPrefix(dev.read(), "250")
		<-killed
		// It hovers around the 250, however fast the machine is.
		if promised[i] {
			delay = delay * 4 / 5
		} else {
			delay = delay*5/4 + 50*time.Microsecond
		}
		b = bridge.Start(t, config, password)
	}
	b.Await("popbridge is ready")
	n := 0
	for i, was := range promised {
		if !was {
			continue
		}
		n++
		if copies := sent(t, w, "Sent", fmt.Sprintf("kill %d.", i), 1); len(copies) != 1 {
			t.Errorf("message %d lies there %d times", i, len(copies))
		}
	}
	if n == 0 || n == kills {
		t.Errorf("%d of %d were promised: the kills fall on one side", n, kills)
	}
	for _, m := range smtp.Messages() {
		if !bytes.Contains([]byte(m.Text), []byte("Message-ID: ")) {
			t.Errorf("the server has %q", m.Text)
		}
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(state), "sent", "*.*"))
	if err != nil || len(files) > 0 {
		t.Errorf("%v is left, %v", files, err)
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
	// A device that has missed the 250 sends the same again: it lies there once.
	for _, file := range waiting {
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(file); err != nil {
				break
			} else if time.Now().After(end) {
				t.Fatalf("%s stays", file)
			}
		}
	}
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
