package troubles

import (
	"fmt"
	"testing"
	"time"

	"popbridge/proxy/backend"
)

func (m *Memory) tell(account, client, cause string, at time.Time) {
	m.Note(backend.Trouble{Account: account, Client: client, Cause: cause, First: at, Last: at, Times: 1})
}

// What is the same is counted, the newest comes first, an address is told from an account,
// and what is old is forgotten.
func TestTroubles(t *testing.T) {
	now := time.Now()
	m := New()
	m.now = func() time.Time { return now }
	m.tell("alice", "192.0.2.1", "no", now.Add(-8*24*time.Hour))
	m.tell("alice", "192.0.2.2", "no", now.Add(-time.Hour))
	m.tell("alice", "192.0.2.2", "no", now.Add(-time.Minute))
	m.tell("bob", "192.0.2.2", "no", now)
	m.Note(backend.Trouble{User: "Carol", Client: "2001:db8::1", First: now, Last: now, Times: 1})
	for whom, want := range map[string]string{
		"alice": "alice 2", "ALICE": "alice 2", "192.0.2.2": "bob 1 alice 2", "::ffff:192.0.2.2": "bob 1 alice 2", "192.0.2.1": "", "carol": " 1", "dave": "",
	} {
		got := ""
		for i, one := range m.About(whom, 10) {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprint(one.Account, " ", one.Times)
		}
		if got != want {
			t.Errorf("about %s: %q, want %q", whom, got, want)
		}
	}
	if n := len(m.About("", 2)); n != 2 {
		t.Errorf("%d of all, want 2", n)
	}
	if first := m.About("alice", 1)[0]; !first.First.Equal(now.Add(-time.Hour)) || !first.Last.Equal(now.Add(-time.Minute)) {
		t.Errorf("it is told as %+v", first)
	}
}

// Who tries names from one address pushes out his own, and memory is bounded.
func TestTroublesAreBounded(t *testing.T) {
	m := New()
	now := time.Now()
	m.tell("alice", "192.0.2.1", "no", now.Add(-time.Hour))
	for i := range 3 * mostFrom {
		m.tell(fmt.Sprint("name", i), "198.51.100.1", "no", now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(m.About("alice", 1)) != 1 || len(m.About("198.51.100.1", 2*mostFrom)) != mostFrom {
		t.Errorf("%d and %d are left", len(m.About("alice", 1)), len(m.About("198.51.100.1", 2*mostFrom)))
	}
	if got := m.About("198.51.100.1", 1)[0].Account; got != fmt.Sprint("name", 3*mostFrom-1) {
		t.Errorf("the newest is %s", got)
	}
	for i := range most + 10 {
		m.tell("x", fmt.Sprintf("10.%d.%d.1", i/250, i%250), "no", now.Add(time.Second))
	}
	if len(m.of) > most || len(m.counts) > most || len(m.About("alice", 1)) != 0 {
		t.Errorf("%d of %d addresses are remembered", len(m.of), len(m.counts))
	}
}
