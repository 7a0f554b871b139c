package mailboxes

import "popbridge/proxy/ledger/chunks"

// Trials try the rows of what is remembered in chunks.
func Trials() []chunks.Trial {
	return []chunks.Trial{keyTable.Trial(), printTable.Trial(), pairTable.Trial()}
}
