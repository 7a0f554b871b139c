// Package maildrops tests maildrops over several mailboxes, in front of real servers and
// of the embedded one: what is listed and in which order, unique-ids for life, wherever
// messages are filed to, and deletions of messages of several mailboxes in one QUIT.
package maildrops
