// Package upstream is what every connection to a server needs, whatever is spoken on
// it: dialling, TLS, waiting for one of an upstream's places, which credentials a
// server has accepted, what its refusals mean for a device, and what is counted. The
// mailboxes are in imapbox, for IMAP servers, and in pop3box, for old POP3 servers.
//
// Invariants:
//
//   - No password and no token is sent before TLS where TLS is asked for, and none to a
//     server that has not proved its name. There is no fallback.
//   - The text of a server goes to the log, never into a Refusal's Text.
package upstream
