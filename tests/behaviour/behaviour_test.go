package behaviour_test

import (
	"slices"
	"testing"
)

// behaviour is one case: what popbridge does in front of any server.
type behaviour struct {
	name string
	run  func(*testing.T, *site)
}

// TestBehaviour runs every case against every kind of server.
func TestBehaviour(t *testing.T) {
	cases := slices.Concat(loginCases(), viewCases(), fidelityCases(), actionCases(), cutCases(), mailboxCases(), uniqueIDCases(), lockCases(), tlsCases())
	for _, s := range sites() {
		t.Run(s.kind, func(t *testing.T) {
			// Much of the time is spent waiting for a server: the kinds wait together.
			t.Parallel()
			if s.boot != nil {
				s.boot(t, s)
			}
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, s) })
			}
		})
	}
}
