// Package demo is the shop window of popbridge: an IMAP server that lives in
// memory, a mailbox of messages such as a small firm receives, and a narrator
// that turns the wire trace of a POP3 session into a story on the terminal.
//
// Its invariants:
//
//   - The octets of a message are stored once and never changed, neither by
//     APPEND nor by FETCH. RFC822.SIZE is their number, BODY[HEADER] followed by
//     BODY[TEXT] is BODY[].
//   - UIDs ascend, are never used twice under one UIDVALIDITY, and a mailbox that
//     is deleted and created again has a new UIDVALIDITY (RFC 9051 §2.3.1.1).
//   - One mutex per account guards its mailboxes; it is never held while octets
//     are read from or written to a connection, so that a client that does not
//     read stops nobody but itself.
//   - A connection learns of an expunged message exactly once, from Poll, and
//     keeps its own table of message numbers until then (RFC 9051 §7.5.1).
//   - No password reaches a log line or the narrator's output.
package demo
