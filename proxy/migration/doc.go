// Package migration moves accounts from one upstream to another: it learns what
// an old server shows, finds the same messages on the new one, compares, and
// moves. It is used by commands, beside a service that goes on serving.
//
// Each account is worked on for itself: one that fails is reported and changes
// nothing for the others. Everything that was learned is in the ledger as soon as
// it is known, so that a run which was interrupted goes on where it was.
//
// Invariants:
//
//   - Nothing here changes a mailbox, on either side, but what a move is asked to
//     repeat there.
//   - A unique-id that a device may have seen is never rewritten. What cannot be
//     decided is reported, not guessed.
//   - A password is used for its own account only, and is in no report.
//   - Mailboxes are opened as the service opens them: with the same connections,
//     certificates, limits and ways to log in.
package migration
