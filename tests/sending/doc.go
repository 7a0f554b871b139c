// Package sending sends mail through popbridge: with real programs and the dialogues of
// old devices, to a real Postfix and to servers that lie, and looks at what was
// delivered, what lies in the mailbox of sent mail, and what the device was told.
package sending
