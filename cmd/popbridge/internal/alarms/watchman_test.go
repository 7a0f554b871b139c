package alarms

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

var hourly = translate.Expect{Every: time.Hour}

const alice, panel = "alice@example.org", "panel"

// Where nothing is expected nothing is asked and nothing written; then a device is overdue
// when its time is over.
func TestOverdue(t *testing.T) {
	s := stage(t, ledger.Options{Driver: ledger.DriverMemory})
	s.until(time.Hour)
	if len(s.asked) != 0 {
		t.Errorf("upstreams were asked: %v", s.asked)
	}
	s.comes(alice, panel, hourly)
	s.until(2 * time.Hour)
	s.late(0)
	s.until(2*time.Hour + time.Minute)
	s.late(1)
	if s.asked["mail"] == 0 || s.asked["mail"] > 2 || s.asked["other"] != 0 {
		t.Errorf("upstreams were asked: %v", s.asked)
	}
	s.comes(alice, panel, hourly)
	s.late(0)
}

// A device whose upstream is away is not missed, whether a login has seen that or nobody;
// when it is back, the device has its whole time.
func TestNobodyIsMissedWhileTheUpstreamIsAway(t *testing.T) {
	for _, seen := range []bool{true, false} {
		t.Run(fmt.Sprint(seen), func(t *testing.T) {
			s := stage(t, ledger.Options{Driver: ledger.DriverMemory})
			s.comes(alice, panel, hourly)
			s.until(50 * time.Minute)
			s.down["mail"] = true
			if seen {
				s.health.Looked("mail", errors.New("refused"))
			}
			s.until(3 * time.Hour)
			s.late(0)
			s.down["mail"] = false
			s.until(4*time.Hour - time.Minute)
			s.late(0)
			s.until(4*time.Hour + 2*time.Minute)
			s.late(1)
		})
	}
}

// Nor is one that could not log in here, since no listener was open.
func TestNobodyIsMissedWhileTheServiceIsAway(t *testing.T) {
	s := stage(t, ledger.Options{Driver: ledger.DriverMemory})
	s.comes(alice, panel, hourly)
	s.until(30 * time.Minute)
	s.ready = errors.New("no listener is open")
	s.until(90 * time.Minute)
	s.ready = nil
	s.until(2 * time.Hour)
	s.late(0)
	s.until(152 * time.Minute)
	s.late(1)
}

// What the file has of a device is that of the routes that it may take.
func TestRoutesOf(t *testing.T) {
	cfg := parse(t, config)
	for of, want := range map[[2]string]string{
		{alice, panel}:             "[1h0m0s] mail",
		{"bob@example.org", panel}: "[auto] other",
		{"bob@example.org", "x"}:   "[] mail",
		{"carol@example.org", ""}:  "[] mail",
	} {
		r := RoutesOf(cfg, of[0], of[1])
		if got := fmt.Sprint(r.Expects, " ", r.Upstream); got != want {
			t.Errorf("%v: %s, want %s", of, got, want)
		}
	}
}
