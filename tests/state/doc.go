// Package state holds popbridge to what its ledger promises, from outside: the
// real binary between POP3 devices and Dovecot, on SQLite and on PostgreSQL.
//
// What is promised, and looked at here:
//
//   - A device sees what it has not put away, whatever other devices do, and
//     through a restart.
//   - A message keeps its unique-id for life: through a new UIDVALIDITY, a new
//     UID, another upstream and a changed unique_id.
//   - kill -9 at any point of QUIT loses no message, deletes none that was not
//     marked, and leaves no lock; the next login settles what was begun.
//   - Without its ledger popbridge deletes nothing and shows nobody another
//     unique-id; it says so once, and goes on when the ledger is back.
//   - Several proxies on one PostgreSQL behave as one.
//   - So do proxies of two versions, while one is replaced by the other.
//   - A standby that lacks the last commits costs no mail when it takes over.
//   - A day in the life of an installation, with all that can happen to it, changes
//     none of this. POPBRIDGE_TEST_DAY=4m plays it with 2,000 devices.
//   - Answers of the upstream that are late, and so older than what another session
//     has learned since, are not taken for a mailbox that was restored, and change
//     nothing that a device was told.
//
// What is random is drawn with a fixed seed. Where a process is killed while
// others go on, the outcome depends on the machine, and the checks hold for every
// outcome.
package state
