package systemd

import (
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manager is a socket as systemd opens it. next gives what has come, a datagram at a time.
func manager(t *testing.T) (next func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		octets := make([]byte, 4096)
		n, err := socket.Read(octets)
		if err != nil {
			t.Fatal(err)
		}
		return string(octets[:n])
	}
}

func TestWhatTheManagerIsTold(t *testing.T) {
	next := manager(t)
	for _, c := range []struct {
		tell func() error
		want string
	}{
		{func() error { return Ready("listening") }, "READY=1\nSTATUS=listening"},
		{func() error { return Stopping("waiting") }, "STOPPING=1\nSTATUS=waiting"},
		{func() error { return Failed(errors.New("first\nREADY=1")) }, "STATUS=first READY=1"},
		{Feed, "WATCHDOG=1"},
	} {
		if err := c.tell(); err != nil {
			t.Fatal(err)
		}
		if got := next(); got != c.want {
			t.Errorf("told %q, want %q", got, c.want)
		}
	}
}

// Each reload has a later time than the one before, or the manager could not tell them apart.
func TestReloadsHaveATime(t *testing.T) {
	next := manager(t)
	last := int64(0)
	for range 2 {
		if err := Reloading(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(next(), "\n")
		if len(lines) != 3 || lines[0] != "RELOADING=1" || !strings.HasPrefix(lines[2], "STATUS=") {
			t.Fatalf("told %q", lines)
		}
		usec, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "MONOTONIC_USEC="), 10, 64)
		if err != nil || usec < last || usec == 0 {
			t.Errorf("%q after %d", lines[1], last)
		}
		last = usec
	}
}

func TestNothingIsSaidWithoutAManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	if err := Ready("listening"); err != nil {
		t.Error(err)
	}
	if every, err := Watchdog(); every != 0 || err != nil {
		t.Errorf("a watchdog of %v, %v", every, err)
	}
}

func TestTheWatchdogIsFedTwiceAsOftenAsItMust(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "3000000")
	t.Setenv("WATCHDOG_PID", "")
	if every, err := Watchdog(); every != 1500*time.Millisecond || err != nil {
		t.Errorf("got %v, %v", every, err)
	}
}
