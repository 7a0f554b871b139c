// Package session is one POP3 connection, served by one goroutine: the loop, the
// table of commands, and the replies; one file for each state of RFC 1939:
// authorization.go, transaction.go, update.go.
//
// Invariants:
//
//   - One contract for every command handler: nil means that it has replied;
//     an error means that it has not, and the loop sends exactly one -ERR, made
//     by translate.Refuse. No handler writes -ERR.
//   - A body broken off midway closes the connection without another octet, unless
//     nothing of it has left our own buffer: then it is taken back, and refused.
//   - +OK to QUIT is sent only after the upstream has confirmed all of it.
//   - A session that ends without QUIT deletes nothing.
//   - A session keeps the configuration that it was born with.
package session
