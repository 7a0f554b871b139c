// Package systemd tells the service manager how the service is (sd_notify(3)): a start
// that has succeeded or failed, reloads, the end, and that it is alive. Where no manager
// has given a NOTIFY_SOCKET, nothing is said.
package systemd

import (
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Ready says that the listeners are open, after the start as after a reload. The status
// is what "systemctl status" shows.
func Ready(status string) error { return tell(daemon.SdNotifyReady, "STATUS="+status) }

// Reloading says that the configuration is being read again; Ready has to follow, also
// where the old configuration stays. The time tells the manager which of its reloads
// this is (Type=notify-reload, systemd 253).
func Reloading() error {
	return tell(daemon.SdNotifyReloading, strings.TrimSpace(daemon.SdNotifyMonotonicUsec()), "STATUS=reading the configuration again")
}

// Stopping says that no new session is taken.
func Stopping(status string) error { return tell(daemon.SdNotifyStopping, "STATUS="+status) }

// Failed says why the service cannot start; the exit code says the rest.
func Failed(why error) error { return tell("STATUS=" + why.Error()) }

// Feed says that the service is alive.
func Feed() error { return tell(daemon.SdNotifyWatchdog) }

// Watchdog is how often Feed has to be called at least, half of what the manager
// waits for; 0 where it does not watch (sd_watchdog_enabled(3)).
func Watchdog() (time.Duration, error) {
	patience, err := daemon.SdWatchdogEnabled(false)
	return patience / 2, err
}

// tell sends assignments, one a line, in one datagram.
func tell(assignments ...string) error {
	lines := make([]string, 0, len(assignments))
	for _, a := range assignments {
		if a != "" {
			lines = append(lines, strings.ReplaceAll(a, "\n", " "))
		}
	}
	_, err := daemon.SdNotify(false, strings.Join(lines, "\n"))
	return err
}
