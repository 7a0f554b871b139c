package public_test

import (
	"encoding/base64"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestNamesThatCannotBe: logins that are refused by their form alone, many in each
// packet, from one address. They are counted and answered late as others are, no line
// of the log is long, and the filter of fail2ban finds whose they were.
func TestNamesThatCannotBe(t *testing.T) {
	t.Parallel()
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), "", `limits: {failure_delay: "2ms", failures_per_ip: 12}`)
	var guessers []string
	long := strings.Repeat("\xff", 8900)
	for i, message := range []string{"\x00" + long + "\x00x", "\x00alice\x1b@example.org\x00x", "\x00" + user + "\x00a\nb", "\x00" + user + "\x00a\x00b", long + "\x00" + user + "\x00x"} {
		ip := fmt.Sprintf("127.5.0.%d", i+1)
		var said strings.Builder
		for range 4 {
			nc := bridge.Connect(t, ip, b.Address("pop3"))
			_, _ = nc.Write([]byte(strings.Repeat("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte(message))+"\r\n", 9) + "QUIT\r\n"))
			said.WriteString(bridge.Everything(t, nc))
		}
		if auth, temp := strings.Count(said.String(), "-ERR [AUTH]"), strings.Count(said.String(), "-ERR [SYS/TEMP]"); auth > 12 || auth+temp != 4*9 {
			t.Errorf("%.40q was answered with [AUTH] %d times, with [SYS/TEMP] %d times", message, auth, temp)
		}
		guessers = append(guessers, ip)
	}
	if got := banned(t, b.Output()); !slices.Equal(got, guessers) {
		t.Errorf("the filter finds %q", got)
	}
	for line := range strings.Lines(b.Output()) {
		if len(line) > 1500 {
			t.Errorf("a line of the log has %d octets: %.300q", len(line), line)
		}
	}
	if seen := wrongLogins(t, upstream); len(seen) != 0 {
		t.Errorf("the upstream was asked: %v", seen)
	}
}

// TestALongNameInTheLog: a name that may be one, and that the upstream refuses.
func TestALongNameInTheLog(t *testing.T) {
	t.Parallel()
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), "", "")
	c := bridge.Dial(t, b.Address("pop3"))
	c.OK("USER " + strings.Repeat("\xc3\xa4", 500) + "@example.org")
	c.Err("PASS wrong")
	b.AwaitLine("login refused")
	line := linesOf(b, "login refused")
	if len(line) > 2500 || !strings.Contains(line, "(1012 octets)") {
		t.Errorf("the line has %d octets: %.300q", len(line), line)
	}
}

func linesOf(b *bridge.Bridge, mark string) string {
	var lines strings.Builder
	for line := range strings.Lines(b.Output()) {
		if strings.Contains(line, mark) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// TestRefusedConnectionsAreCounted: a thousand connections from one address beyond
// its limit are a few lines, which together say a thousand.
func TestRefusedConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	const refused = 1000
	b := start(t, bridge.Demo(t, 3), "", `limits: {connections_per_ip: 1}`)
	held := bridge.Dial(t, b.Address("pop3"))
	defer held.Cut()
	ip := strings.Split(b.Address("pop3"), ":")[0]
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range refused / 4 {
				nc, err := net.Dial("tcp", b.Address("pop3"))
				if err != nil {
					t.Errorf("connecting: %v", err)
					return
				}
				bridge.Everything(t, nc)
				_ = nc.Close()
			}
		})
	}
	all.Wait()
	total := 0
	// Each line says how many there were since the one before it, up to a second later.
	for deadline := time.Now().Add(patience); total < refused && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		total = 0
		for _, n := range regexp.MustCompile(`connection refused: .* times=(\d+)`).FindAllStringSubmatch(linesOf(b, "client="+ip), -1) {
			times, _ := strconv.Atoi(n[1])
			total += times
		}
	}
	if lines := strings.Count(b.Output(), "connection refused"); total != refused || lines > refused/10 {
		t.Errorf("%d connections in %d lines", total, lines)
	}
}
