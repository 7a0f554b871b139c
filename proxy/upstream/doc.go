// Package upstream is how popbridge deals with servers: dial, TLS, log in, list,
// fetch, and carry out a Plan. Mailbox is one on an IMAP server; OldMailbox, in the
// files that begin with old, is one on an old POP3 server.
//
// Invariants:
//
//   - Messages are named by UID, and only under the UIDVALIDITY that the session
//     began with; each new connection checks it again.
//   - No password and no token is sent before TLS where TLS is asked for, and none to a
//     server that has not proved its name. There is no fallback.
//   - A connection that dies between two commands is replaced once, silently.
//     One that dies inside a message is an error once an octet has left for the
//     device.
//   - STORE, MOVE and UID EXPUNGE may be repeated, being by UID; COPY only after
//     a look whether it was done. In doubt rather a duplicate than a loss.
//   - On an old POP3 server nothing is marked before a Plan is carried out, and
//     QUIT never follows a DELE whose answer is not known. Messages are named by
//     unique-id over connections; one that others have too is not removed where
//     another may stand in its place.
//   - A body that was asked for in a batch is whole where one that was asked for
//     alone would be, or where the server has gone on behind it (see proxy/imap).
//     What a batch did not bring, because it was refused, is asked for alone before
//     a device hears of it; what its OK left out is gone.
//   - The text of a server goes to the log, never into a Refusal's Text.
//
// A parked connection waits without IDLE. NOOP costs its round trip at the next
// login, and proves that the server lives, which a silence in IDLE does not. IDLE
// would have to be read while nobody uses the connection, ended by a round trip of
// its own, and begun anew every half hour, a thousand times.
package upstream
