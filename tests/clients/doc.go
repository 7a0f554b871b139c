// Package clients lets real POP3 clients work through popbridge in front of
// Dovecot: what they fetch must be IMAP's octets, and what IMAP says afterwards
// must be what the client's owner meant.
//
// Rules of the package:
//
//   - A client is configured so that it adds nothing to a message; where it must
//     (mbox lines, a Received field), what it adds is taken away exactly, or
//     the test fails.
//   - Messages are compared by hash as a multiset, so that none is lost, doubled
//     or exchanged for another.
//   - A client that is not installed fails its test: run tests/install.
package clients
