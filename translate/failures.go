package translate

import "time"

// Failures are the failed logins of one subject, an address or an account, in
// the window that began so long ago.
type Failures struct {
	Subject uint64 // a hash, the same in each proxy
	Count   int
	Age     time.Duration
}
