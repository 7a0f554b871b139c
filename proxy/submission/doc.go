// Package submission is one SMTP connection of a device that sends mail (RFC 6409):
// its login, the sender, and the relay of each message to the submission server of
// the account's upstream, while the device waits. The dialogue's states are go-smtp's
// server; what old devices get wrong is mended below it, line by line, and what it
// would take too lightly is refused there.
//
// Invariants:
//
//   - Nothing is relayed for a device that has not logged in.
//   - There is no queue: 250 to a message is said only after the upstream has said it,
//     and a message that was cut is never given its end.
//   - The codes of the upstream reach the device, its text does not.
//   - 535 means wrong credentials, and nothing else.
//   - A session keeps the configuration that it was born with.
package submission
