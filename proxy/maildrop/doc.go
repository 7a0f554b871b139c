// Package maildrop has what is open while a device is logged in: the page of the ledger,
// which is the lock, a part for each mailbox that is shown (package part), and the frozen
// maildrop that is made of them (translate.Merged). Opening it catches up with what has
// happened since. What other programs move among several mailboxes is package filing's.
//
// Invariants:
//
//   - The page is opened behind the login upstream: [IN-USE] comes only after good
//     credentials (RFC 2449 §8.1.2).
//   - What fails while it is opened leaves nothing open.
//   - The ledger knows a plan before the upstream does, and Commit gives nil only
//     where the upstream has confirmed all of it.
//   - Without Commit nothing is deleted.
//   - The lock is free before the device hears the answer to its QUIT.
package maildrop
