// Package route answers which login goes where. It is pure: a configuration and
// the names of a login go in, a Target comes out, and no connection is opened.
//
// Invariants:
//
//   - The first route that matches decides. A login that no route matches, or
//     that a route refuses, is an error that its device must not be able to tell
//     from a wrong password.
//   - What is remembered of a maildrop outlives a change of upstream: its
//     MaildropKey comes from the route that an account had before it was moved.
//   - Every question about routes is answered here, for sessions and for commands
//     alike, so that what a command shows is what a login does.
package route
