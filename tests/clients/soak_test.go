package clients_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

const (
	devices = 200
	polls   = 10
	// residentMax is far above what 200 sessions need, with the race detector
	// too, and far below what a leak in each of 2,000 sessions would take.
	residentMax = 512 << 20
	// patience turns a device that hangs into a failure.
	patience = 2 * time.Minute
)

// TestSoak: 200 devices poll ten times each, all at once, and each poll retrieves
// and deletes a message. Afterwards every message is in its owner's Trash, once,
// and popbridge holds no descriptor more than before.
func TestSoak(t *testing.T) {
	users := make(map[string]string, devices)
	for i := range devices {
		users[device(i)] = password
	}
	mail := servers.StartDovecot(t, servers.Dovecot{Users: users})
	messages := servers.Messages(polls)
	for login := range users {
		w := servers.Dial(t, mail.IMAP, login, password)
		w.Fill("INBOX", messages)
		w.Logout()
	}
	config := strings.Replace(bridge.YAML(mail.IMAP, "none", "", "limits:\n  connections_per_ip: 1000\n  login_timeout: 5m\n"), "tls: none", "tls: none\n    reuse: 0s", 1)
	b := bridge.Start(t, config, password)
	// 200 first logins at once take what the machine has; how long is not the question.
	// SQLite keeps the descriptors that it has needed once: what counts is that a
	// second crowd needs no more.
	pollAll(t, b, messages[:polls/2])
	b.AwaitTimes("session ended", devices*polls/2)
	before := descriptors(t, b)
	pollAll(t, b, messages[polls/2:])
	b.AwaitTimes("session ended", devices*polls)

	for login := range users {
		w := servers.Dial(t, mail.IMAP, login, password)
		if inbox, trash := len(w.UIDs("INBOX")), len(w.UIDs("Trash")); inbox != 0 || trash != polls {
			t.Errorf("%s: INBOX holds %d messages and Trash %d, want 0 and %d", login, inbox, trash, polls)
		}
		w.Logout()
	}
	after := descriptors(t, b)
	for end := time.Now().Add(patience); after > before && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		after = descriptors(t, b)
	}
	if after > before {
		t.Errorf("popbridge holds %d descriptors, before the soak %d: %s", after, before, links(t, b))
	}
	if rss := resident(t, b); rss > residentMax {
		t.Errorf("popbridge holds %d MB", rss>>20)
	}
}

// pollAll lets every device retrieve and delete these messages, one a poll.
func pollAll(t *testing.T, b *bridge.Bridge, messages [][]byte) {
	t.Helper()
	failures := make([]error, devices)
	var wg sync.WaitGroup
	for i := range devices {
		wg.Go(func() {
			for n := 0; n < len(messages) && failures[i] == nil; n++ {
				failures[i] = poll(b.Address("pop3"), device(i), messages[n])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
}

func device(i int) string { return fmt.Sprintf("d%03d@example.org", i) }

// poll is one session of a device: its first message, whole, and then deleted.
func poll(address, login string, want []byte) error {
	c, err := textproto.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	ok := func(command string) error {
		if command != "" {
			if err := c.PrintfLine("%s", command); err != nil {
				return err
			}
		}
		line, err := c.ReadLine()
		if err == nil && !strings.HasPrefix(line, "+OK") {
			err = errors.New(line)
		}
		if err != nil {
			return fmt.Errorf("%s: %.4s: %w", login, command, err)
		}
		return nil
	}
	for _, command := range []string{"", "USER " + login, "PASS " + password, "STAT", "RETR 1"} {
		if err := ok(command); err != nil {
			return err
		}
	}
	got, err := c.ReadDotBytes()
	if err != nil {
		return err
	}
	// ReadDotBytes gives LF for CRLF.
	if !bytes.Equal(clients.CRLF(got), want) {
		return fmt.Errorf("%s: RETR gave %.100q", login, got)
	}
	return errors.Join(ok("DELE 1"), ok("QUIT"))
}

// descriptors counts what the process has open.
func descriptors(t *testing.T, b *bridge.Bridge) int {
	t.Helper()
	open, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(b.PID()), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// links tells what the process has open.
func links(t *testing.T, b *bridge.Bridge) string {
	t.Helper()
	folder := filepath.Join("/proc", fmt.Sprint(b.PID()), "fd")
	open, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range open {
		name, err := os.Readlink(filepath.Join(folder, d.Name()))
		if err != nil {
			name = err.Error()
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// resident is the process's memory in octets.
func resident(t *testing.T, b *bridge.Bridge) int {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(b.PID()), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		kilobytes := 0
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	t.Fatal("no VmRSS in /proc")
	return 0
}
