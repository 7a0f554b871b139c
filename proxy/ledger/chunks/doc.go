// Package chunks keeps one value for each of many messages in few rows of the
// database, so that a new message rewrites little: how such a row is encoded, its
// checksum, and what is kept decoded in memory.
//
// Whatever a server's line lets in can be read again. A row that is damaged all the
// same costs what it held, and not the account.
package chunks
