// Package login holds a credential against a route, and opens the mailbox that it
// opens. It gives an Entry that is whole, or a Failure.
//
// Invariants:
//
//   - The order is: what operators have asked for is caught up with, whether the
//     account is held, the limiter, the credential, the login upstream. Only a login by
//     a connection that waits upstream, under the password that it shows, has the first
//     two asked last, with the lock, and begins anew where the answer is not the usual one.
//   - An unknown account, an unknown device and a wrong password take the same way
//     and the same time, and are told the same.
//   - No password is kept, but for a login that is under way: what spares PBKDF2, or
//     a question to another upstream, is a keyed hash whose key dies with the process.
package login
