package clients_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
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
	// leftMax is how many octets of memory may be in use more after each session of a second
	// crowd, on average, than before: far less than a session has.
	leftMax = 1 << 10
	// patience turns a device that hangs into a failure.
	patience = 2 * time.Minute
)

// TestSoak: 200 devices poll ten times each, all at once, and each poll retrieves
// and deletes a message. Afterwards every message is in its owner's Trash, once,
// and popbridge holds no descriptor more than before, and no memory of the sessions.
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
	config := strings.Replace(bridge.YAML(mail.IMAP, "none", "", "limits:\n  connections_per_ip: 1000\n  login_timeout: 5m\nmetrics:\n  address: 127.0.0.1:0\n  pprof: true\n"), "tls: none", "tls: none\n    reuse: 0s", 1)
	b := bridge.Start(t, config, password)
	// 200 first logins at once take what the machine has; how long is not the question.
	// SQLite keeps the descriptors that it has needed once: what counts is that a
	// second crowd needs no more.
	pollAll(t, b, messages[:polls/2])
	b.AwaitTimes("session ended", devices*polls/2)
	before, used := descriptors(t, b), inUse(t, b)
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
	if left := (inUse(t, b) - used) / (devices * polls / 2); left > leftMax {
		t.Errorf("each session of the second crowd has left %d octets in use", left)
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

// inUse is how many octets of memory the process uses, what nobody needs left out.
func inUse(t *testing.T, b *bridge.Bridge) (octets int) {
	t.Helper()
	address := regexp.MustCompile(`serving metrics: address=(\S+)`).FindStringSubmatch(b.Output())[1]
	for range 3 { // pools are empty after the second time
		response, err := http.Get("http://" + address + "/debug/pprof/heap?debug=1&gc=1")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
		_, of, _ := strings.Cut(string(text), "# HeapAlloc = ")
		if _, err := fmt.Sscan(of, &octets); err != nil {
			t.Fatalf("no HeapAlloc in the profile: %v", err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	return octets
}
