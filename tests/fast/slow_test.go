package fast

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestDevicesThatNeverRead, with a hundred megabytes on their way to them: others
// are served, and memory stays where it was.
func TestDevicesThatNeverRead(t *testing.T) {
	const devices, size, bound = 10, 4 << 20, 40 << 20
	s := liars.New(t, liars.Options{})
	s.Mail(func(m *liars.Mail) {
		for i := range 3 { // behind five small ones, of which four are seen
			m.Inbox().Add(fmt.Sprintf("Subject: large %d\r\n\r\n", i) + strings.Repeat("0123456789abcdef0123456789abcd\r\n", size/32))
		}
	})
	b := start(t, config{address: s.Address(), reuse: "1h", prefetch: "16MB"})
	poll(t, b, "alice")
	before := memory(t, b)
	stuck := make([]*bridge.Client, devices)
	for i := range stuck {
		stuck[i] = login(t, b, fmt.Sprintf("stuck%d", i))
		for n, uid := range []uint32{11, 12, 14, 20} {
			if got := string(stuck[i].Message(fmt.Sprintf("RETR %d", n+1))); got != text(s, uid) {
				t.Errorf("RETR %d gives %q", n+1, got)
			}
		}
		// The large ones are in flight by now, and it does not read the first.
		stuck[i].Send("RETR 5\r\nRETR 6\r\nRETR 7\r\n")
	}
	until(t, "large messages are on their way to each", func() bool { return s.Sent("UID FETCH 14,20:23 ") == devices })
	for range 5 {
		c := login(t, b, "alice")
		if got := string(c.Message("RETR 1")); got != text(s, 11) {
			t.Errorf("RETR 1 gives %q", got)
		}
		c.Quit()
	}
	if grown := memory(t, b) - before; grown > bound {
		t.Errorf("memory has grown by %d octets for %d devices that do not read, want at most %d", grown, devices, bound)
	}
	for _, c := range stuck[:2] {
		for uid := uint32(21); uid <= 23; uid++ {
			c.Expect("+OK")
			if got := string(c.Body()); got != text(s, uid) {
				t.Errorf("when a device reads again UID %d is %d octets, and not what they should be", uid, len(got))
			}
		}
		c.Quit()
	}
}

// memory is the most that the process has ever held, in octets (VmHWM).
func memory(t *testing.T, b *bridge.Bridge) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
