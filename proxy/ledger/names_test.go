package ledger_test

import (
	"slices"
	"testing"

	"popbridge/translate"
)

// Lists of accounts go on behind a name, and hold those that begin with something, in the
// order of octets: what a database's locale makes of case and of hyphens does not matter.
func accountsAreFoundByTheirBeginning(t *testing.T, at place) {
	s := at.open(t)
	all := []string{"Ab@x", "a-b@x", "a_b@x", "ab@x", "ab@y", "b@x", "é@x"}
	for _, name := range all {
		k := key("")
		k.Account, k.Login = name, name
		p := opens(t, s, k)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
		closes(t, p)
	}
	for _, c := range []struct {
		prefix, after string
		want          []string
	}{
		{"", "", all},
		{"a", "", []string{"a-b@x", "a_b@x", "ab@x", "ab@y"}},
		{"ab", "", []string{"ab@x", "ab@y"}},
		{"ab", "ab@x", []string{"ab@y"}},
		{"a", "a-b@x", []string{"a_b@x", "ab@x", "ab@y"}},
		{"", "b", []string{"b@x", "é@x"}},
		{"a%", "", nil},
		{"ab", "c", nil},
	} {
		for _, wanted := range []int{0, 1, 3} { // how many are read at once changes nothing
			var got []string
			for a, err := range s.AccountsAfter(t.Context(), c.prefix, c.after, wanted) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, a.Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("those with %q behind %q, %d at once, are %q, want %q", c.prefix, c.after, wanted, got, c.want)
			}
		}
	}
}
