package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/cmd/popbridge/internal/systemd"
)

// manager is systemd, if it has started this process, and is told how the service is.
// What cannot be told to it is a line of the log: the devices are served all the same.
type manager struct{ log hclog.Logger }

func (m manager) told(err error) {
	if err != nil {
		m.log.Warn("systemd was not told how the service is", "error", err)
	}
}

// ready says where the listeners are, and what an operator should know beside it.
func (m manager) ready(s *service.Service, remark string) {
	addresses := s.Addresses()
	listeners := make([]string, 0, len(addresses))
	for _, name := range sortedKeys(addresses) {
		listeners = append(listeners, fmt.Sprintf("%s on %s", name, addresses[name]))
	}
	m.told(systemd.Ready("listening: " + strings.Join(listeners, ", ") + remark))
}

func (m manager) reloading() { m.told(systemd.Reloading()) }

// reloaded says that the service goes on; changed, with what the file says now.
func (m manager) reloaded(s *service.Service, changed bool) {
	remark := ""
	if !changed {
		remark = "; the file has mistakes, and the configuration from before is in force"
	}
	m.ready(s, remark)
}

func (m manager) stopping(patience time.Duration) {
	m.told(systemd.Stopping(fmt.Sprintf("letting sessions finish for up to %v", patience)))
}

// heartbeat comes as often as the watchdog has to be fed; never where there is none.
func (m manager) heartbeat() <-chan time.Time {
	every, err := systemd.Watchdog()
	m.told(err)
	return time.Tick(every)
}

// feed keeps the watchdog from restarting a service that can take connections.
func (m manager) feed(s *service.Service) {
	if s.Alive() {
		m.told(systemd.Feed())
	}
}

// tellFailed gives systemd the reason of a start that fails: "systemctl status" shows
// it beside the log.
func tellFailed(errOut io.Writer, why error) {
	if err := systemd.Failed(why); err != nil {
		fmt.Fprintf(errOut, "popbridge: warning: systemd was not told how the service is: %v\n", err)
	}
}
