// Package logins tries the ways into a mailbox: tokens of a real OAuth 2.0 server,
// master users, SCRAM-SHA-256 and device passwords, with real IMAP servers behind
// the real binary.
package logins
