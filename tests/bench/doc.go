// Command bench compares popbridge with what it wants to replace: Dovecot's own
// POP3 server over imapc storage, in front of the same IMAP server, on the same
// machine and in the same run. "make bench" runs all of it, "make bench
// BENCH=poll" one part.
//
// What makes the figures comparable:
//
//   - The contenders take turns, and each figure is the median of its rounds.
//   - All of them serve the same Maildirs. Messages are \Seen from the start, so
//     that no contender writes flags: Dovecot would store one for each RETR,
//     popbridge one for each session.
//   - Every answer is checked: LIST octet by octet against what was written to
//     disk, UIDL against the upstream's own POP3 server, each message by a hash
//     over what should come. One difference is one error, and errors are printed
//     beside the figure.
//   - CPU time is what the kernel says of a contender's processes, those that
//     have ended included; memory is proportional (PSS), so that what processes
//     share counts once.
//   - A fresh login name is a mailbox that a proxy has never seen. The upstream
//     has: its indexes are warm in every row.
//   - Under TLS all show the same certificate with an ECDSA P-256 key to the
//     devices, which resume a session in the rows alone that say so. Upstream
//     connections are plain.
//   - popbridge keeps its ledger in a file of SQLite, as it does without a
//     word about it in the configuration, unless a row says another kind. The
//     first sight of an account is compared without what is learned behind it.
package main
