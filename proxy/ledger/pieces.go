package ledger

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// piece is some messages of a snapshot in one row.
type piece struct {
	chunk   imap.UID // the first UID that it may hold
	entries []translate.Entry
}

// changes are the rows that make one snapshot of another.
type changes struct {
	anew bool // none of the old rows is kept
	drop []imap.UID
	put  []piece
}

// cut divides next where old was divided, as far as that still fits, and gives
// the rows that differ. It sets next.bounds.
func cut(old, next *snapshot) (c changes) {
	entries, bounds := next.listing.Entries, old.bounds
	if len(entries) == 0 {
		next.bounds = nil
		return changes{anew: true}
	}
	if len(bounds) == 0 || len(bounds) > 4*(len(entries)/pieceSize+1) || entries[0].UID < bounds[0] {
		c.anew, bounds = true, []imap.UID{entries[0].UID}
	}
	before, after := divide(old.listing.Entries, bounds), divide(entries, bounds)
	next.bounds = make([]imap.UID, 0, len(bounds)+1)
	for i, chunk := range bounds {
		switch {
		case len(after[i]) == 0:
			c.drop = append(c.drop, chunk)
		case !c.anew && samePiece(before[i], after[i], old, next):
			next.bounds = append(next.bounds, chunk)
		default:
			for _, p := range split(chunk, after[i]) {
				next.bounds = append(next.bounds, p.chunk)
				c.put = append(c.put, p)
			}
		}
	}
	return c
}

// divide cuts entries at every bound but the first.
func divide(entries []translate.Entry, bounds []imap.UID) [][]translate.Entry {
	pieces := make([][]translate.Entry, len(bounds))
	for i := range bounds {
		end := len(entries)
		if i+1 < len(bounds) {
			end, _ = find(entries, bounds[i+1])
		}
		pieces[i], entries = entries[:end], entries[end:]
	}
	return pieces
}

// split keeps a piece whole until it is twice as long as a new one.
func split(chunk imap.UID, entries []translate.Entry) []piece {
	if len(entries) < 2*pieceSize {
		return []piece{{chunk, entries}}
	}
	var pieces []piece
	for part := range slices.Chunk(entries, pieceSize) {
		pieces = append(pieces, piece{part[0].UID, part})
	}
	pieces[0].chunk = chunk
	return pieces
}

func samePiece(before, after []translate.Entry, old, next *snapshot) bool {
	if !slices.Equal(before, after) {
		return false
	}
	if len(old.measured) == 0 && len(next.measured) == 0 {
		return true
	}
	return !slices.ContainsFunc(after, func(e translate.Entry) bool {
		_, was := old.measured[e.UID]
		_, is := next.measured[e.UID]
		return was != is
	})
}
