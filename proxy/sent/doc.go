// Package sent keeps copies of sent mail until they lie in their accounts' mailboxes
// of sent mail. A copy is a file in the state folder, which tells by its name how far
// it is:
//
//	ID.new    it is still being written
//	ID.doubt  it is whole, and its end is about to be sent: whether the submission
//	          server has the message is not known
//	ID.sent   the server has it, and the mailbox does not yet
//
// After a crash a copy in doubt is dropped: its device has not heard 250, and sends it
// again, which makes another copy; a message in the mailbox of sent mail that nobody
// was sent would be a lie. One that is sent is put into the mailbox.
//
// Invariants:
//
//   - A file is sealed, on the disk, before the server gets the message's end, and named
//     sent before the device hears 250.
//   - Only a message whose server has it is put into a mailbox.
//   - What cannot be put there never undoes what was sent: it is tried again, for as long
//     as upstream.submission.sent_retry says, and then the log tells.
//   - Where an attempt may have put a message there without popbridge hearing of it, it is
//     looked for before the next one, by the next process too.
//   - A message in a mailbox is the copy of one message alone, however alike two are.
//   - Files are for popbridge alone, encrypted where there is a key, and bounded. They hold
//     the password that the mailbox is opened with, where that is the device's.
package sent
