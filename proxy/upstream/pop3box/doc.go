// Package pop3box is a maildrop on an old POP3 server. A connection there is a session,
// which locks the maildrop on most servers and knows messages by number; so nothing
// waits in a pool, and a mailbox names its messages by UIDs that were assigned to their
// unique-ids.
//
// Invariants:
//
//   - Nothing is marked at the old server before a Plan is carried out, and QUIT never
//     follows a DELE whose answer is not known.
//   - Messages are named by unique-id over connections; one that others have too is
//     not removed where another may stand in its place.
//   - A connection that is lost before QUIT is replaced once: nothing was removed.
package pop3box
