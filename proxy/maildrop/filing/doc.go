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
//     error, once. No server tells a message that another program has expunged from one
//     that it has moved to a mailbox which is not shown, and may move back: EXPUNGE and
//     VANISHED say the same of both. So both get the one -ERR that is true of either, and
//     nothing is sent for them; the next login does not list them. One that another device
//     has deleted meanwhile, as the journal says, is gone. A maildrop of a single mailbox
//     asks no such question: what comes back to that comes back as new mail, under another
//     unique-id, and here it would be the very one that the device has heard +OK for.
package filing
