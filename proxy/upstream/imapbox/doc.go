// Package imapbox is a mailbox on an IMAP server: log in, list, fetch, and carry out a
// Plan, over connections that wait in a pool for their device's next poll.
//
// Invariants:
//
//   - Messages are named by UID, and only under the UIDVALIDITY that the session
//     began with; each new connection checks it again.
//   - A connection that dies between two commands is replaced once, silently.
//     One that dies inside a message is an error once an octet has left for the
//     device.
//   - STORE, MOVE and UID EXPUNGE may be repeated, being by UID; COPY only after
//     a look whether it was done. In doubt rather a duplicate than a loss.
//   - A body that was asked for in a batch is whole where one that was asked for
//     alone would be, or where the server has gone on after it (see proxy/imap).
//     What a batch did not bring, because it was refused, is asked for alone before
//     a device hears of it; what its OK left out is gone.
//
// A maildrop over several mailboxes has one connection, which selects them in turn:
// providers bound the connections of an account (Gmail: 15), and a session that held
// one for each mailbox would take them from other programs. What was read ahead is
// kept in memory when another mailbox needs the connection, and the next batch is asked
// for when all of it is used. Measured 50 ms away, five mailboxes, each message in
// another one than the message before: 161 messages a second, where a mailbox alone
// gives 606, the most that a connection for each could give ("make bench
// BENCH=several"). That is five times as many connections for the sake of a device that
// retrieves hundreds of messages at once; an unchanged poll costs one round trip more
// than that of one mailbox either way, since STATUS of all goes in one flight. Where a
// server has no CONDSTORE, STATUS tells of no flags: each mailbox is selected and searched
// for those that matter in the same flight (Courier, five mailboxes: two round trips, twelve
// when each waited for the one before and was listed whole, since Courier's SELECT does not
// say UIDNEXT; STATUS does, and what was listed keeps that). The one that the connection had
// selected is proved by NOOP first.
//
// An idle connection waits without IDLE. NOOP costs its round trip at the next
// login, and proves that the server lives, which a silence in IDLE does not. IDLE
// would have to be read while nobody uses the connection, ended by a round trip of
// its own, and begun again every half hour, a thousand times.
package imapbox
