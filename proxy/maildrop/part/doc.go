// Package part has one mailbox of a maildrop that is open: the mailbox upstream, the page
// of the ledger that remembers it, and the view that is made of both. It is listed and
// looked at again where it may be a replica's, a QUIT that a crash has interrupted is
// carried out, and messages that are there under new UIDs are found again. A maildrop of
// several mailboxes has several parts, and none knows of the others.
//
// Invariants:
//
//   - Nothing is forgotten, and no message gets another unique-id, for what a single
//     connection shows.
//   - What is done to a message is done where it was identified, under the UIDVALIDITY
//     that the device was shown it under.
//   - The ledger knows a plan before it is applied.
package part
