// Package translate decides what a POP3 command means on an IMAP server.
//
// It is pure: values go in, values come out. There is no network in it, no
// clock, no logger and no client; the imports are the standard library and
// go-imap's vocabulary (imap.UID, imap.UIDSet, imap.Flag, imap.CapSet).
//
// Numbers and names, one meaning each, here and everywhere else:
//
//   - A message number is POP3's, from 1 to n, given once at login and never
//     moved, whatever happens upstream (RFC 1939 §4).
//   - A UID is IMAP's, unique within one UIDVALIDITY (RFC 9051 §2.3.1.1).
//   - A unique-id is what UIDL sends and a device remembers for years: 1 to 70
//     characters from 0x21 to 0x7E, unique within the maildrop (RFC 1939 §7).
//   - Octets are the size of a message as RETR sends it, before dot-stuffing
//     (RFC 1939 §11).
//
// Invariants:
//
//   - A Plan names messages by UID only, and only marked ones.
//   - Every prefix of a Plan leaves each message somewhere, unless the operator
//     chose expunge.
//   - A unique-id, once computed from a Listing and what is Known, depends on
//     nothing else: the same input gives the same unique-ids in every session.
package translate
