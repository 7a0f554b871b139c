// Package transfer copies a ledger from one database to another: from SQLite to
// PostgreSQL, back, or from one to another of the same kind. One walk over the tables
// that the schema has serves them all, so that a table which is added later is copied
// without a word here.
package transfer
