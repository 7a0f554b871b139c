package submission

import (
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/door"
)

// TestWriteBy: a reply has to be read until the login has to have succeeded, and within
// what the limits say after that.
func TestWriteBy(t *testing.T) {
	began := time.Unix(1_790_000_000, 0)
	for name, c := range map[string]struct {
		login, idle time.Duration // the limits
		in          bool          // logged in
		unread      time.Duration // for so long nothing was read
		at, by      time.Duration // since the connection began
	}{
		"before the login":            {login: 10 * time.Second, idle: time.Minute, at: 3 * time.Second, by: 10 * time.Second},
		"a long time for the login":   {login: time.Minute, idle: time.Hour, at: 3 * time.Second, by: 33 * time.Second},
		"a last word":                 {login: 10 * time.Second, idle: time.Minute, at: 10 * time.Second, by: 11 * time.Second},
		"behind the login":            {login: 10 * time.Second, idle: time.Minute, in: true, at: 20 * time.Second, by: 50 * time.Second},
		"a short time for the idle":   {login: 10 * time.Second, idle: 3 * time.Second, in: true, at: 20 * time.Second, by: 23 * time.Second},
		"nothing was read":            {login: 10 * time.Second, idle: time.Minute, in: true, at: 20 * time.Second, unread: 9 * time.Second, by: 41 * time.Second},
		"the idle before the login's": {login: 10 * time.Second, idle: 3 * time.Second, at: 2 * time.Second, by: 5 * time.Second},
	} {
		s := &Session{Env: door.Env{Began: began, Config: &configs.Config{Limits: configs.Limits{LoginTimeout: c.login, IdleTimeout: c.idle}}}}
		if c.in {
			s.relay = &upstream{}
		}
		if got := s.writeBy(began.Add(c.at), began.Add(c.at-c.unread)).Sub(began); got != c.by {
			t.Errorf("%s: after %v it is %v, want %v", name, c.at, got, c.by)
		}
	}
}
