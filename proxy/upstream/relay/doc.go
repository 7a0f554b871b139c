// Package relay is a connection to the submission server of an upstream (RFC 6409),
// logged in as one account: one message after the other, and between them it may wait
// for the account's next. The client is go-smtp's; what a server may do wrong is
// caught below it, on the wire.
//
// Invariants:
//
//   - A reply is one that was asked for: what a server says unasked ends the connection,
//     so that no answer is taken for that to the next command.
//   - The end of a message is sent only where all of it has been, and then once: nothing
//     is tried again behind it.
//   - No password and no token is sent before TLS where TLS is asked for.
package relay
