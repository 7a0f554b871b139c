// Package lookup asks directories where a login goes: files, SQL databases, LDAP, and
// services over HTTP, as an operator's lookup blocks name them.
//
// Invariants:
//
//   - No answer and no word are two things. A directory that says that it knows nothing
//     of an account has answered, and the next route is tried. One that cannot be asked
//     is an error, and no other route is: it could lead to another mailbox.
//   - While a directory is away, what it has said before counts on for the lookup's
//     stale, but only where it knew the account.
//   - What a device has typed reaches a directory as data alone: as the argument of a
//     prepared statement, escaped in a filter, encoded in a query, and never as part of
//     a path.
//   - A driver says which parts of a question it reads; the others are taken out before
//     answers are looked for in the cache.
package lookup
