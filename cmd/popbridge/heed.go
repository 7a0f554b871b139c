package main

import (
	"popbridge/proxy/ledger"
)

// heed does what a command has asked of every running popbridge.
func (b *bridge) heed(c ledger.Change) {
	why, known := reasons[c.Kind]
	if !known {
		b.log.Warn("another version of popbridge asks for something that this one does not know", "change", c.Kind, "account", c.Account)
		return
	}
	// Links that are parked go first: a session that ends now must find none.
	if c.Kind != ledger.Kick {
		b.pool.End(c.Account, c.Device)
	}
	b.server.End(c.Account, c.Device, why)
}

// reasons are what the log says of sessions that end with a change.
var reasons = map[ledger.ChangeKind]string{
	ledger.Kick:    "an operator has ended it (popbridge kick)",
	ledger.Logout:  "an operator has logged the account out",
	ledger.Revoked: "an operator has revoked the device's password",
	ledger.Moved:   "the account is served from another upstream now",
	ledger.Held:    "an operator holds the account's logins",
}
