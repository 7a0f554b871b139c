package ledger

import (
	"fmt"
	"testing"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// TestScopesStay: proxies of other versions that share a PostgreSQL call a lock the same.
func TestScopesStay(t *testing.T) {
	k := backend.PageKey{Account: "a\"b\xff\u00fc@example.org", Maildrop: "main\x1f", Device: "scanner 1"}
	for lock, want := range map[translate.Lock]string{
		translate.LockNone:    "",
		translate.LockAccount: fmt.Sprintf("%q %q", k.Account, k.Maildrop),
		translate.LockDevice:  fmt.Sprintf("%q %q %q", k.Account, k.Maildrop, k.Device),
	} {
		k.Lock = lock
		if got := lockScope(k); got != want {
			t.Errorf("%v has %s instead of %s", lock, got, want)
		}
	}
}
