// Package database is what the ledger stands on: SQLite in a file or in memory, or
// PostgreSQL. It opens them, brings the schema up to date, runs transactions, and
// knows whether the database can be relied on.
//
// One SQL text serves both drivers, with $1 for arguments. A commit is durable when
// Update returns nil.
package database
