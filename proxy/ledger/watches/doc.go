// Package watches is which devices are expected to log in, and which of them are overdue.
//
// Invariants:
//
//   - A device of which nothing is expected has no row, and its login writes none.
//   - A time is the database's own: proxies whose clocks differ agree on who is overdue.
//   - Who finds a device overdue, or sees it back, says so in the transaction that changes
//     its row: of several proxies one does, and none where that transaction is undone.
//   - Nobody is overdue who could not log in: silence counts from when the service, and the
//     upstream, were last back.
package watches
