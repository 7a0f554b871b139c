// Package limiter bounds the guessing of passwords: it counts failed logins by
// address and by account, delays the answers to them, and refuses logins unseen
// where too many have failed. Proxies that share a ledger share what they count.
//
// Invariants:
//
//   - A login that is being tried counts as a failure until it is known not to be
//     one, so that no upstream sees more failures for an account than allowed,
//     however many arrive at once.
//   - A login that has failed already says nothing new: it counts again for the
//     account, whose upstream is asked again, and not for the address, where one
//     device with an old password must not shut the others out.
//   - It keeps no name, address or password, only hashes; those of passwords are
//     made with a key that dies with the process.
//   - Its memory is bounded, whoever fills it.
//   - A device with the right password is never told to ask its owner for another,
//     and a guesser learns nothing: over a limit both hear that the mail server is
//     not available.
package limiter
