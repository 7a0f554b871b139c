// Package undelete brings back what devices have deleted, for an operator and beside
// a service that goes on serving: messages that were moved are moved back, those that
// were flagged or hidden are shown again. The journal says which there are.
//
// Invariants:
//
//   - What is done in a mailbox is done in an order in which a cut does no harm: a
//     new unique-id before a message shows again, and the journal last, so that a
//     second attempt finds what the first has left.
//   - No two lines of the journal get one message.
//   - A login that was refused is not tried again: a server counts wrong passwords.
package undelete
