package packages

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// patience turns a hang into a failure; nothing is measured by it.
const patience = 60 * time.Second

const served = `
listener: {pop3: {address: "127.0.0.1:0"}}
upstream: {mail: {address: "127.0.0.1:9"}}
`

// manager is a socket as systemd opens it; what is told comes out of the channel, a
// datagram at a time.
func manager(t *testing.T) <-chan string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	told := make(chan string, 1000)
	ended := make(chan struct{})
	t.Cleanup(func() { _ = socket.Close(); <-ended })
	go func() {
		defer close(ended)
		octets := make([]byte, 4096)
		for {
			n, err := socket.Read(octets)
			if err != nil {
				return
			}
			told <- string(octets[:n])
		}
	}()
	return told
}

// expect waits for a datagram, leaving out those of the watchdog.
func expect(t *testing.T, told <-chan string, pattern string) {
	t.Helper()
	for {
		select {
		case text := <-told:
			if text == "WATCHDOG=1" {
				continue
			}
			if !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text) {
				t.Fatalf("the manager was told %q, want %s", text, pattern)
			}
			return
		case <-time.After(patience):
			t.Fatalf("the manager was not told %s", pattern)
		}
	}
}

// TestServiceManager: a start is over when the listeners are open, a reload when it is
// decided, and a stop begins with its signal.
func TestServiceManager(t *testing.T) {
	told := manager(t)
	b := bridge.Start(t, served)
	expect(t, told, `READY=1\nSTATUS=listening: pop3 on 127\.0\.0\.1:\d+`)
	const reloading = `RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reading the configuration again`
	if !b.Reload(strings.Replace(served, "pop3:", "other:", 1)) {
		t.Fatal("not reloaded")
	}
	expect(t, told, reloading)
	expect(t, told, `READY=1\nSTATUS=listening: other on \S+`)
	if b.Reload(served + "nonsense: 1\n") {
		t.Fatal("reloaded")
	}
	expect(t, told, reloading)
	expect(t, told, `READY=1\nSTATUS=listening: other on \S+; the file has mistakes, and the configuration from before is in force`)
	b.Signal(syscall.SIGTERM)
	expect(t, told, `STOPPING=1\nSTATUS=letting sessions finish for up to 30s`)
	if code := b.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestManagerOfAFailedStart: systemctl status shows the reason.
func TestManagerOfAFailedStart(t *testing.T) {
	told := manager(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		config, want string
		code         int
	}{
		"a mistake":     {served + "nonsense: 1\n", `STATUS=1 mistake in the configuration, the first: \S+popbridge.yaml:4: nonsense: .*`, 2},
		"a port in use": {strings.Replace(served, "127.0.0.1:0", taken.Addr().String(), 1), `STATUS=listener "pop3": listen tcp .*: another program is already using this port.*`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "popbridge.yaml")
			if err := os.WriteFile(path, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			if code := bridge.Run(t, []string{"serve", "--config", path}).Wait(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			expect(t, told, c.want)
		})
	}
}

// TestWatchdogIsFed: again and again, by the process that systemd has named and no other.
func TestWatchdogIsFed(t *testing.T) {
	told := manager(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	bridge.Start(t, served)
	for fed := 0; fed < 3; {
		select {
		case text := <-told:
			if text == "WATCHDOG=1" {
				fed++
			}
		case <-time.After(patience):
			t.Fatalf("the watchdog was fed %d times", fed)
		}
	}
}

// TestHealth: the metrics address is asked where there is one, else a listener; a
// service that is not there is not well.
func TestHealth(t *testing.T) {
	ask := func(config string) (string, int) {
		path := filepath.Join(t.TempDir(), "popbridge.yaml")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		r := bridge.Run(t, []string{"health", "--config", path})
		code := r.Wait()
		return r.Output(), code
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := free.Addr().String()
	_ = free.Close()
	const proxied = ", proxy_protocol: [127.0.0.0/8]"
	b := bridge.Start(t, fmt.Sprintf(`
listener: {pop3: {address: "127.0.0.1:0"}, behind: {address: "127.0.0.1:0"%s}}
upstream: {mail: {address: "127.0.0.1:9"}}
metrics: {address: %q}
`, proxied, web))
	listener := func(name, more string) string {
		return strings.Replace(served, `"127.0.0.1:0"`, fmt.Sprintf("%q%s", b.Address(name), more), 1)
	}
	for name, c := range map[string]struct {
		config, want string
		code         int
	}{
		"by the metrics address": {listener("pop3", "") + fmt.Sprintf("metrics: {address: %q}\n", web), "ready\n", 0},
		"by a listener":          {listener("pop3", ""), "+OK ", 0},
		"behind a load balancer": {listener("behind", proxied), "+OK ", 0},
		"no header":              {listener("behind", ""), `listener "pop3" at ` + b.Address("behind") + ": no greeting: ", 1},
		"nobody there":           {strings.Replace(served, "127.0.0.1:0", "127.0.0.1:1", 1), "connection refused", 1},
		"a mistake":              {served + "nonsense: 1\n", "nonsense", 2},
	} {
		if said, code := ask(c.config); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit code %d, %q", name, code, said)
		}
	}
}
