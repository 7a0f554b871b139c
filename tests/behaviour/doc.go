// Package behaviour holds one suite that popbridge must pass in front of every
// kind of IMAP server: the embedded one of "popbridge demo", Dovecot, a Dovecot
// that announces no more than an old server does, Cyrus and Courier.
//
// Rules of the package:
//
//   - The real binary is watched from outside: a POP3 device on one side, an
//     IMAP witness that shares no code with the proxy on the other.
//   - A server is started once for each kind, and each case has an account of
//     its own there, so that cases do not see each other.
//   - What a kind cannot do is written down in its site, with the reason, and the
//     case asserts it. Nothing is skipped.
//   - What a message must look like at the device is computed here from the
//     witness's octets, not by the proxy's code.
package behaviour
