// Package backend has the contracts between the rooms of the POP3 side and what
// stands behind them, and the values that they hand to each other: a mailbox
// upstream, a page of the ledger, the passwords of devices, a session as others
// see it, and what is counted. It does nothing and opens no connection, so that a
// session can be tested without a network, and a backend without a session.
package backend
