package packages

import (
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"popbridge/tests/bridge"
)

// TestACrashIsRestarted: the unit does not start a service again that has ended with 2,
// its word for a wrong configuration. Go ends a crash with 2 too, unless the unit's
// environment has it end by a signal.
func TestACrashIsRestarted(t *testing.T) {
	text, err := os.ReadFile(top + "/configs/deploy/systemd/popbridge.service")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\nRestartPreventExitStatus=2\n") {
		t.Fatal("the unit restarts whatever the exit code is; this test is not needed any more")
	}
	for _, set := range regexp.MustCompile(`(?m)^Environment=(\w+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		t.Setenv(set[1], set[2])
	}
	b := bridge.Start(t, served)
	// What the watchdog sends.
	b.Signal(syscall.SIGABRT)
	if code := b.Wait(); code != -1 {
		t.Errorf("exit code %d, want an end by a signal", code)
	}
}
