// Package ledger is what popbridge remembers between sessions, and the
// maildrop's lock. What belongs to an account's maildrop is here: its pages,
// their locks, what is intended, and the journal of what devices have deleted.
// The rooms below have the rest, each with a Store that a ledger's Store gives:
//
//	mailboxes  what is remembered of mailboxes, whoever is served from them
//	secrets    secrets of accounts, and the passwords of devices
//	events     what commands and proxies tell one another
//	progress   how far a migration has come
//	chunks     how values of many messages lie in few rows
//	transfer   copies of a whole ledger in another database
//	checkup    every row tried, and repaired where that can be done
//	database   SQLite and PostgreSQL beneath them all
//
// Invariants:
//
//   - A lock never outlives its session, and a session that has lost its lock
//     can commit nothing: Intend and Record fail for it.
//   - What was hidden from a device stays hidden until it is said otherwise.
//   - Facts that belong to a UID hold for one UIDVALIDITY only.
//   - What is not news is not written: a poll of an unchanged mailbox writes
//     nothing, but for the lease on PostgreSQL.
//   - Pages are locked before mailboxes, in every transaction.
//
// A page is an account's maildrop. Unique-ids, devices and what they have hidden
// belong to it and outlast a change of upstream; it is bound to the mailbox and
// UIDVALIDITY whose UIDs it speaks of, until Relink gives it to others. Listings
// and content keys belong to the mailbox, under one UIDVALIDITY each, and are
// kept while a page is bound to them. Sets and listings are encoded in rows of a
// few KB, so that a new message rewrites little, and a login reads an unchanged
// mailbox's revision only: what active mailboxes have decoded stays in memory.
//
// Whatever a server's line lets in can be read again: octets up to 2^63-1, unique-ids
// of thousands of octets, whichever these are. An account whose row could be written
// and not be read was locked out for good. What is damaged all the same costs what the
// row held, and not the account: a listing is asked for again, a pin, a key or a print
// is as if it had never been known, an old POP3 server's message gets a UID that nobody
// had. A hidden set alone cannot be done without: where it is damaged the login is
// refused, rather than show what a device has deleted.
//
// When the database goes in the middle of a session, RETR goes on, since it
// needs nothing from here, and QUIT refuses: Intend fails before the first op is
// sent, so nothing has been done that is not written down. To do it and record it
// later would need a second durable place, and a device that hears -ERR to QUIT
// just tries again.
//
// The locks of SQLite and memory are in the process, which alone serves that
// ledger; they cost no write. Those of PostgreSQL are lease rows. A fencing
// number, fresh for every session, is checked in the very transaction that
// commits what the session has done, with the lease's row locked, so that a
// session which was displaced, or whose proxy missed its heartbeats, is too late.
//
// A lease is taken in one statement with the rows that a login reads behind it, by a
// function of PostgreSQL's: whoever held the lease before has committed by then, and a
// statement sees only what was committed before it began. Within the function they are two.
// A login that is let in by what its process remembers has the function compare with the
// ledger what Arrive would have asked before, and gets no lease where anything is different.
package ledger

import (
	"errors"
	"strconv"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// errDisplaced is what a session gets that has lost its lock.
var errDisplaced = errors.New("a newer session has taken the lock over (lock_takeover)")

// lockScope names what a key's lock protects; empty for no lock.
func lockScope(k backend.PageKey) string {
	var names []string
	switch k.Lock {
	case translate.LockAccount:
		names = []string{k.Account, k.Maildrop}
	case translate.LockDevice:
		names = []string{k.Account, k.Maildrop, k.Device}
	default:
		return ""
	}
	scope := make([]byte, 0, 128)
	for i, name := range names {
		if i > 0 {
			scope = append(scope, ' ')
		}
		scope = strconv.AppendQuote(scope, name)
	}
	return string(scope)
}
