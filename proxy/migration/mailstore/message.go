package mailstore

import "popbridge/translate"

// Message is what a mail store tells of one message. Messages come in the order
// in which the old server lists them.
type Message struct {
	// UniqueID is what the old server's UIDL says.
	UniqueID string
	// Octets are what its LIST says; 0 where the mail store does not tell.
	Octets int64
	// Print is what tells the message by its content, as far as it was read.
	Print translate.Print
}
