// Package proxy holds nothing itself; its packages are below it. This is the map of
// the whole program:
//
//	cmd/popbridge                flags, signals, what is printed
//	cmd/popbridge/internal/
//	  service                    the running service: wires the packages together, reloads, ends
//	  systemd                    what the service manager is told: ready, reloading, alive, stopping
//	  alarms                     looks for overdue devices and upstreams that are away, and tells operators what they want to hear
//	  clerk                      what operators ask at the desk, done over the ledger: for commands, the API and the page
//	  health                     "popbridge health": asks a running service from outside whether it serves
//	  setup                      "popbridge init": its questions, and the configuration and the steps that follow from the answers
//	  manual                     man pages and references, made of the commands and the declarations of keys
//	  remote                     a service elsewhere, asked by its API for what commands ask
//	  web                        an address for HTTP that configurations open and leave
//	  metrics                    what Prometheus reads, and /healthz and /readyz
//	  traces                     sessions, as OpenTelemetry wants to hear of them
//	  demo                       the IMAP server and the story of "popbridge demo"
//	configs                      the configuration: found, loaded, checked, explained, formatted, converted
//	proxy/server                 listeners, limits on connections, certificates, the PROXY protocol, who is logged in
//	proxy/session                one POP3 connection: the loop, the commands, the replies, by RFC 1939's states
//	proxy/submission             one SMTP connection of a device that sends: its login, the sender, the relay of each message
//	proxy/door                   what sessions of both protocols share: privacy, TLS, the login and its refusal, who has just retrieved
//	proxy/login                  a password, token or certificate held against a route; it takes as long for accounts that do not exist
//	proxy/limiter                failed logins: counting, delaying, sharing the counts between proxies
//	proxy/keyed                  hashes of secrets, with a key that dies with the process
//	proxy/socket                 reads and writes TCP connections with system calls that never wait, and waits for many silent ones with a single goroutine
//	proxy/sasl                   one exchange for each SASL mechanism, and the credential that it ends with
//	proxy/route                  which upstream and maildrop a login gets, and how popbridge's commands find that out
//	proxy/lookup                 directories that know where accounts go: files, SQL, LDAP, HTTP; their answers, kept for a while
//	proxy/maildrop               what is open while a device is logged in: one maildrop of one or several mailboxes; opened, committed at QUIT, closed
//	proxy/maildrop/part          one of its mailboxes: listed, caught up with, its part of a QUIT carried out and noted in the ledger
//	proxy/maildrop/filing        several of them as one, while others file messages among them: unique-ids at login, RETR, QUIT
//	proxy/pop3                   the wire of POP3, of our server and of our client: lines, dots, limits, lists
//	proxy/pop3/scan              what has to be changed in a message for a device, looked for in assembly where all mail goes by
//	proxy/backend                the interfaces and values that session and maildrop share with what stands behind them: imapbox, pop3box, ledger
//	proxy/upstream               what every connection to a server needs: dialling, TLS, a free connection slot, accepted credentials, counters
//	proxy/upstream/imapbox       a mailbox on an IMAP server: list, fetch, prefetch, apply a QUIT; the idle connections
//	proxy/upstream/pop3box       a maildrop on an old POP3 server
//	proxy/upstream/relay         a connection to a submission server: one message after the other; the idle connections
//	proxy/sent                   copies of sent mail, in files, until they lie in their accounts' mailboxes
//	proxy/imap                   the wire of IMAP, our client: tags, literals, responses
//	proxy/oauth                  access tokens to log in upstream with, and the consent of owners for them
//	proxy/ledger                 what is remembered of an account's maildrops: what devices know, locks, intents (a QUIT that is being carried out), the journal of deletions
//	proxy/ledger/mailboxes       what is remembered of a mailbox, whichever account sees it: listings, content keys, inventories and mappings of a migration
//	proxy/ledger/secrets         what is kept encrypted, and device passwords
//	proxy/ledger/events          what commands and proxies tell one another through the database
//	proxy/ledger/progress        how far a migration is: which command works on an account, where an account is served, milestones
//	proxy/ledger/watches         devices that are expected to log in, and which of them are overdue
//	proxy/ledger/notices         what operators are to be told, kept until somebody has
//	proxy/ledger/transfer        copies a ledger from one database to another
//	proxy/ledger/checkup         tries every row of a ledger, and repairs what can be
//	proxy/ledger/chunks          many values packed into few rows, with checksums, and the cache of what was unpacked
//	proxy/ledger/recall          what was read of SQLite, kept while nobody has changed it
//	proxy/ledger/lru             values up to a weight, the least recently used going first
//	proxy/ledger/database        SQLite and PostgreSQL: schema, transactions, the file and its lock, whether it can be relied on
//	proxy/admin                  operators over HTTP: puts the rooms below behind one address
//	proxy/admin/api              the JSON API of programs, and its OpenAPI document
//	proxy/admin/page             the HTML page of people: what it shows, its forms, its look
//	proxy/admin/gate             tokens, the page's password, what fails, and the trail of what is changed
//	proxy/admin/desk             what operators may ask and change, and the values that they get: one contract for commands, API and page
//	proxy/troubles               what went wrong for devices lately, in memory
//	proxy/audit                  the trail of who did what: written as lines of JSON, and read again
//	proxy/migration              what commands do with accounts that leave an old server: harvest, match, verify, move
//	proxy/migration/mailstore    reads unique-ids out of an old server's files: Maildir, mbox, CSV
//	proxy/undelete               brings back what devices have deleted
//	translate                    every decision, without network, clock or logger: what a command means, unique-ids, what QUIT must do, which response code ([IN-USE]) a device gets
//	tests                        all of it from outside, with real servers and with lying ones
//
// tests/architecture keeps who may import whom. Rules that hold everywhere:
//
//   - Only UIDs, never sequence numbers, and never across a change of UIDVALIDITY.
//   - Never a plain EXPUNGE or CLOSE: both remove what other clients have marked.
//   - +OK to QUIT only after the upstream has confirmed; a cut message never gets a
//     terminator; each failure has one -ERR.
//   - A Plan is what a QUIT does, op by op. Wherever it breaks off, no message is lost,
//     and none is touched that the device has not marked for deletion.
//   - A failing ledger never deletes mail and never shows another unique-id.
package proxy
