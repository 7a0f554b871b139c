// Package proxy holds nothing itself; its rooms are below it. A device comes in at
// the top and its mail from the bottom, and each room imports what lies below it:
//
//	server     listeners, limits on connections, certificates, the PROXY protocol, who is logged in
//	  session    one POP3 connection: the loop, the commands, the replies, by RFC 1939's states
//	    login      a credential held against a route: device passwords, verify_login, equal work
//	      limiter    failed logins: counting, delaying, sharing
//	      sasl       one exchange for each mechanism, and the credential that it ends with
//	      route      which login goes where; the questions that commands ask about it
//	    maildrop   what is open while a device is logged in: open, catch up, commit, learn, close
//	    pop3       the wire of POP3, both sides
//	backend    the contracts between the rooms above and what stands behind them
//	upstream   what every connection to a server needs: dialling, TLS, places, credentials
//	  imapbox    a mailbox on an IMAP server; connections that wait for the next poll
//	  pop3box    a maildrop on an old POP3 server
//	imap       the wire of IMAP, our side
//	oauth      access tokens to log in upstream with
//	ledger     what is remembered between sessions: an account's maildrops, their locks, intents, journal
//	  mailboxes  listings, content, inventories and mappings of mailboxes, whoever is served from them
//	  secrets    what nobody may read, and the passwords of devices
//	  events     what commands and proxies tell one another
//	  progress   how far a migration has come: account leases, placements, milestones
//	  chunks     values of many messages in few rows, their checksums, what is kept decoded
//	  database   SQLite and PostgreSQL: schema, transactions, whether it can be relied on
//	migration  what commands do with accounts that leave an old server
//	undelete   what a command does to bring back what devices have deleted
//
// tests/architecture keeps who may import whom. Rules that hold everywhere:
//
//   - Only UIDs, never sequence numbers, and never across a change of UIDVALIDITY.
//   - Never a plain EXPUNGE or CLOSE: both remove what other clients have marked.
//   - +OK to QUIT only after the upstream has confirmed; a cut message never gets a
//     terminator; each failure has one -ERR.
//   - Each prefix of a Plan loses no message and touches no unmarked one.
//   - A failing ledger never deletes mail and never shows another unique-id.
package proxy
