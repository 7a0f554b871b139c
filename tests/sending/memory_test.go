package sending_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestLargeMessagesAreNotHeld: twenty devices send at the same time, and their copies
// wait, since there is no mailbox to be had. What popbridge needs for it has nothing to
// do with how large the messages are.
func TestLargeMessagesAreNotHeld(t *testing.T) {
	const devices, lines = 20, 80_000 // of 72 octets: 115 MB in all
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password, Forget: true})
	b := bridge.Start(t, yaml("127.0.0.1:1", smtp.Address(), "", ", sent: always", fmt.Sprintf("limits: {connections_per_ip: 200}\nstate: {source: %q}", filepath.Join(t.TempDir(), "state.db"))), password)
	piece := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1000)
	var wg sync.WaitGroup
	for i := range devices {
		wg.Go(func() {
			d := dial(t, b.Address("submission")).login()
			d.say("MAIL FROM:<"+alice+">", "250")
			d.say("RCPT TO:<bob@example.org>", "250")
			d.say("DATA", "354")
			d.raw(fmt.Sprintf("Subject: large %d\r\n\r\n", i))
			for range lines / 1000 {
				d.raw(piece)
			}
			d.raw(".\r\n")
			d.reply("250")
		})
	}
	wg.Wait()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int
	if _, err := fmt.Sscan(peak, &kilobytes); err != nil || kilobytes > 170<<10 {
		t.Errorf("the most memory that popbridge had was %d KB, %v", kilobytes, err)
	}
	t.Logf("at most %d KB", kilobytes)
}
