// Package desk is the contract between those who ask about the service or steer it, which
// are commands, the API and the page, and the one who does it: what may be asked, and the
// values that come back, as JSON has them too. It does nothing.
package desk
