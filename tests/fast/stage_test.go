package fast

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience turns a hang into a failure; nothing is measured by it.
const patience = 60 * time.Second

// config is a popbridge in front of one server.
type config struct {
	address  string
	reuse    string
	prefetch string
	upstream string // further keys
}

func (c config) String() string {
	return fmt.Sprintf("listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n"+
		"limits: {connections_per_ip: 1000}\nstate: {driver: memory}\n"+
		"upstream:\n  mail: {address: %q, tls: none, timeout: 30s, reuse: %s%s}\n"+
		"maildrop:\n  default: {on_delete: expunge, on_retrieve: nothing, lock: none, prefetch: %q}\n", c.address, c.reuse, c.upstream, c.prefetch)
}

func start(t *testing.T, c config) *bridge.Bridge {
	t.Helper()
	return bridge.Start(t, c.String(), liars.Password)
}

func login(t *testing.T, b *bridge.Bridge, user string) *bridge.Client {
	t.Helper()
	return bridge.Login(t, b.Address("pop3"), user, liars.Password)
}

// poll is a session that only looks.
func poll(t *testing.T, b *bridge.Bridge, user string) {
	t.Helper()
	c := login(t, b, user)
	c.OK("STAT")
	c.Lines("UIDL")
	c.Quit()
}

// text is the message with a UID.
func text(s *liars.Server, uid uint32) (text string) {
	s.Mail(func(m *liars.Mail) {
		if msg := m.Inbox().Find(uid); msg != nil {
			text = msg.Text
		}
	})
	return text
}

// until waits for a state, however long a busy machine takes to get there.
func until(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !reached(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for: %s", what)
		}
	}
}

// device is a client that outlives the end of its connection.
type device struct {
	nc net.Conn
	r  *bufio.Reader
}

func dial(t *testing.T, b *bridge.Bridge) *device {
	t.Helper()
	nc, err := net.Dial("tcp", b.Address("pop3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	d := &device{nc: nc, r: bufio.NewReader(nc)}
	if line, err := d.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
		t.Fatalf("greeting: %q, %v", line, err)
	}
	return d
}

// ask sends a command and gives the whole answer, without dots that are stuffed
// and without the terminator. whole is false where the connection ended before.
func (d *device) ask(command string) (status, body string, whole bool) {
	if _, err := io.WriteString(d.nc, command+"\r\n"); err != nil {
		return "", "", false
	}
	status, err := d.r.ReadString('\n')
	verb, args, _ := strings.Cut(command, " ")
	multi := slices.Contains([]string{"RETR", "TOP"}, verb) || args == "" && slices.Contains([]string{"LIST", "UIDL"}, verb)
	if err != nil || !multi || strings.HasPrefix(status, "-ERR") {
		return status, "", err == nil
	}
	var b strings.Builder
	for {
		line, err := d.r.ReadString('\n')
		if line == ".\r\n" {
			return status, b.String(), true
		}
		b.WriteString(strings.TrimPrefix(line, "."))
		if err != nil {
			return status, b.String(), false
		}
	}
}
