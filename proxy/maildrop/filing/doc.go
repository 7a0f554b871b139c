// Package filing makes several mailboxes one maildrop while other programs file messages
// among them. A message keeps its unique-id wherever it goes, is retrieved and deleted
// where it lies by then, and is never two.
//
// Invariants:
//
//   - A login shows a maildrop only when every message that devices know is accounted for:
//     it is listed, or was deleted, or is in none of the mailboxes.
//   - Only its content tells where a message was filed to, when it is retrieved or deleted
//     there; what may be another one is left alone.
//   - +OK to QUIT only when no marked message may come back: what cannot be found is an
//     error, once.
package filing
