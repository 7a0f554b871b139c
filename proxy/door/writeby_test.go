package door

import (
	"testing"
	"time"

	"popbridge/configs"
)

// TestWriteBy: a reply has to be read until the login has to have succeeded, and within
// what the limits say after that.
func TestWriteBy(t *testing.T) {
	began := time.Unix(1_790_000_000, 0)
	for name, c := range map[string]struct {
		login, grace time.Duration
		in           bool          // logged in
		unread       time.Duration // for so long nothing was read
		at, by       time.Duration // since the connection began
	}{
		"before the login":             {login: 10 * time.Second, grace: time.Minute, at: 3 * time.Second, by: 10 * time.Second},
		"a long time for the login":    {login: time.Minute, grace: 30 * time.Second, at: 3 * time.Second, by: 33 * time.Second},
		"a last word":                  {login: 10 * time.Second, grace: time.Minute, at: 10 * time.Second, by: 11 * time.Second},
		"behind the login":             {login: 10 * time.Second, grace: 30 * time.Second, in: true, at: 20 * time.Second, by: 50 * time.Second},
		"a short grace":                {login: 10 * time.Second, grace: 3 * time.Second, in: true, at: 20 * time.Second, by: 23 * time.Second},
		"nothing was read":             {login: 10 * time.Second, grace: 30 * time.Second, in: true, at: 20 * time.Second, unread: 9 * time.Second, by: 41 * time.Second},
		"the grace before the login's": {login: 10 * time.Second, grace: 3 * time.Second, at: 2 * time.Second, by: 5 * time.Second},
	} {
		e := Env{Began: began, Config: &configs.Config{Limits: configs.Limits{LoginTimeout: c.login}}}
		if got := e.WriteBy(c.in, c.grace, began.Add(c.at), began.Add(c.at-c.unread)).Sub(began); got != c.by {
			t.Errorf("%s: after %v it is %v, want %v", name, c.at, got, c.by)
		}
	}
}
