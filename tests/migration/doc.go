// Package migration moves accounts from old servers to a new one, with the real
// binary, real servers, real tools that copy mail, and real clients that remember
// unique-ids: what a client has fetched it must not fetch again, and what is new
// it must fetch, in the order that the old server had.
package migration
