package mailboxes

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// chunkSize is how many messages a chunk of a snapshot has when it is made: a
// new message rewrites a few KB, whatever the size of the mailbox.
const chunkSize = 1024

// chunk is some messages of a snapshot in one row.
type chunk struct {
	first   imap.UID // the first UID that it may hold
	entries []translate.Entry
}

// changes are the rows that make one snapshot of another.
type changes struct {
	anew bool // none of the old rows is kept
	drop []imap.UID
	put  []chunk
}

// cut divides next where old was divided, as far as that still fits, and gives
// the rows that differ. It sets next.bounds.
func cut(old, next *Snapshot) (c changes) {
	entries, bounds := next.Listing.Entries, old.bounds
	if len(entries) == 0 {
		next.bounds = nil
		return changes{anew: true}
	}
	if len(bounds) == 0 || len(bounds) > 4*(len(entries)/chunkSize+1) || entries[0].UID < bounds[0] {
		c.anew, bounds = true, []imap.UID{entries[0].UID}
	}
	before, after := divide(old.Listing.Entries, bounds), divide(entries, bounds)
	next.bounds = make([]imap.UID, 0, len(bounds)+1)
	for i, first := range bounds {
		switch {
		case len(after[i]) == 0:
			c.drop = append(c.drop, first)
		case !c.anew && sameChunk(before[i], after[i], old, next):
			next.bounds = append(next.bounds, first)
		default:
			for _, p := range split(first, after[i]) {
				next.bounds = append(next.bounds, p.first)
				c.put = append(c.put, p)
			}
		}
	}
	return c
}

// divide cuts entries at every bound but the first.
func divide(entries []translate.Entry, bounds []imap.UID) [][]translate.Entry {
	parts := make([][]translate.Entry, len(bounds))
	for i := range bounds {
		end := len(entries)
		if i+1 < len(bounds) {
			end, _ = find(entries, bounds[i+1])
		}
		parts[i], entries = entries[:end], entries[end:]
	}
	return parts
}

// split keeps a chunk whole until it is twice as long as a new one.
func split(first imap.UID, entries []translate.Entry) []chunk {
	if len(entries) < 2*chunkSize {
		return []chunk{{first, entries}}
	}
	var made []chunk
	for part := range slices.Chunk(entries, chunkSize) {
		made = append(made, chunk{part[0].UID, part})
	}
	made[0].first = first
	return made
}

func sameChunk(before, after []translate.Entry, old, next *Snapshot) bool {
	if !slices.Equal(before, after) {
		return false
	}
	if len(old.Measured) == 0 && len(next.Measured) == 0 {
		return true
	}
	return !slices.ContainsFunc(after, func(e translate.Entry) bool {
		_, was := old.Measured[e.UID]
		_, is := next.Measured[e.UID]
		return was != is
	})
}
