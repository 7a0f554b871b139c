package state_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestRollingUpgrade: behind a balancer that looks at /readyz, proxies that share a ledger
// are ended and started again one after the other, and no poll fails.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	imap, pg, ports := bridge.Demo(t, 5), onPostgres(servers.StartPostgres(t)), servers.FreePorts(t, 5)
	local := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	start := func(i int) *bridge.Bridge {
		config := pg.config(imap, separator, "metrics: {address: \""+local(2*i+1)+"\"}\nlimits: {shutdown_delay: 3s, connections_per_ip: 500}\nmaildrop:\n  default: {on_delete: hide}\n")
		return bridge.Start(t, strings.Replace(config, "127.0.0.1:0", local(2*i), 1), pg.secrets()...)
	}
	proxies := [2]*bridge.Bridge{start(0), start(1)}
	balance(t, local(4), [2][2]string{{local(0), local(1)}, {local(2), local(3)}})
	var polls atomic.Int64
	var failed sync.Map
	end, all := make(chan struct{}), sync.WaitGroup{}
	for device := range 6 {
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if err := poll(local(4), fmt.Sprintf("alice+%d@example.org", device)); err != nil {
					failed.Store(err.Error(), true)
				}
				polls.Add(1)
			}
		})
	}
	more := func() {
		for enough := polls.Load() + 60; polls.Load() < enough; {
			time.Sleep(20 * time.Millisecond)
		}
	}
	for range 2 {
		for i := range proxies {
			more()
			proxies[i].Signal(syscall.SIGTERM)
			if code := proxies[i].Wait(); code != 0 {
				t.Errorf("a proxy ended with %d", code)
			}
			proxies[i] = start(i)
			proxies[i].Await("login:") // the balancer sees it again
		}
	}
	more()
	close(end)
	all.Wait()
	failed.Range(func(text, _ any) bool {
		t.Errorf("of %d polls one failed: %v", polls.Load(), text)
		return true
	})
}

// What docs/scaling.md has of HAProxy, for all of it and for a port.
const (
	balancing = "defaults\n\tmode tcp\n\ttimeout connect 10s\n\ttimeout client 11m\n\ttimeout server 11m\n\tretries 3\n\toption redispatch 1\n"
	balanced  = "\tbalance leastconn\n\toption httpchk GET /readyz\n\tdefault-server check inter 1s fastinter 200ms\n"
)

// haproxy runs one until the test ends.
func haproxy(t *testing.T, config string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command("/usr/sbin/haproxy", "-db", "-f", path)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("HAProxy (tests/install brings it): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("HAProxy said:\n%s", said.String())
		}
	})
}

// balance runs an HAProxy as docs/scaling.md has it: servers are address and metrics.
func balance(t *testing.T, address string, servers [2][2]string) {
	t.Helper()
	config := balancing + "listen pop3\n\tbind " + address + "\n" + balanced
	for i, s := range servers {
		_, port, _ := net.SplitHostPort(s[1])
		config += fmt.Sprintf("\tserver s%d %s port %s\n", i, s[0], port)
	}
	haproxy(t, config)
	for until := time.Now().Add(time.Minute); poll(address, "alice@example.org") != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("no poll comes through the balancer")
		}
	}
}

// poll is one, or why it came to nothing.
func poll(address, user string) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer nc.Close()
	lines := bufio.NewReader(nc)
	for _, command := range []string{"", "USER " + user, "PASS wonderland", "STAT", "QUIT"} {
		if command != "" {
			if _, err := fmt.Fprintf(nc, "%s\r\n", command); err != nil {
				return fmt.Errorf("%.4s: %w", command, err)
			}
		}
		if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
			return fmt.Errorf("the answer to %.4q is %q, %v", command, line, err)
		}
	}
	return nil
}
