// Package recall keeps what was read of the ledger for as long as the rows that it was
// made of are as they were: of a poll that finds nothing new SQLite is asked nothing. It
// knows no SQL. Whoever reads says which rows what he has read was made of, by their
// Tags; the database says which Tags a transaction touches, before it is committed, and
// whether others have committed anything.
//
// Invariant: what Of gives is what the database would have given at some moment within
// the call. So nothing is kept that was read while a transaction was being committed,
// nothing is given while one is, and a commit of another process forgets everything.
package recall
