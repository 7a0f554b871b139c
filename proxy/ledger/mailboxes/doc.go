// Package mailboxes is what the ledger remembers of mailboxes upstream, whoever is
// served from them: their listings, measured sizes, what tells their messages by
// content, and which messages of an old and a new mailbox are the same.
//
// A listing belongs to one UIDVALIDITY, and is kept while a page of the ledger or a
// mapping speaks of it.
package mailboxes
