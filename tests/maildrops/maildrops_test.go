package maildrops_test

import (
	"slices"
	"testing"
)

// TestMaildrops runs every case against every kind of server.
func TestMaildrops(t *testing.T) {
	cases := slices.Concat(listCases(), idCases(), deleteCases(), filedCases(), searchCases(), operatorCases(), wholeCases(), pollCases())
	for _, start := range sites() {
		s := start(t)
		t.Run(s.kind, func(t *testing.T) {
			for _, c := range cases {
				if c.on != "" && c.on != s.kind {
					continue
				}
				t.Run(c.name, func(t *testing.T) { c.run(s.account(t)) })
			}
		})
	}
}

// testCase is what popbridge does in front of any server, or of one kind where another
// has nothing to add.
type testCase struct {
	name string
	run  func(*account)
	on   string
}
