// Package proxy is the POP3 side of popbridge: listeners, sessions, and the
// order in which a session does things. What it does is decided in translate;
// how it is done upstream and what is remembered lie behind two interfaces,
// Mailbox and Page, whose makers are handed in.
//
// One file for each state of RFC 1939: authorization.go, transaction.go,
// update.go. Invariants:
//
//   - One contract for every command handler: nil means that it has replied;
//     an error means that it has not, and the loop sends exactly one -ERR, made
//     by translate.Refuse. No handler writes -ERR.
//   - A body broken off midway closes the connection without another octet, unless
//     nothing of it has left our own buffer: then it is taken back, and refused.
//   - +OK to QUIT is sent only after the upstream has confirmed all of it.
//   - A session that ends without QUIT deletes nothing.
//   - A session keeps the configuration that it was born with.
package proxy
