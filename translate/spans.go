package translate

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// maxSpans bounds the spans of a page. An operator who changes unique_id, and a
// backup that is restored, make one or two more each, so that few have as many:
// false alarms have left hundreds, and each login reads them all.
const maxSpans = 16

// Tidy bounds the spans of a page, for a mailbox that holds these entries. Those
// that no message is left of go; a UID is never given twice. Where that is not
// enough, the messages of the oldest keep their unique-ids as pins.
func (k Known) Tidy(l Listing) (spans []Span, pins map[imap.UID]string) {
	if len(k.Formats) <= maxSpans {
		return k.Formats, nil
	}
	return spill(k, l, inhabited(k, l))
}

// inhabited leaves out the spans whose messages are gone. The last is that of
// messages to come.
func inhabited(k Known, l Listing) (kept []Span) {
	for i, s := range k.Formats {
		last := i == len(k.Formats)-1
		if !last {
			at, _ := slices.BinarySearchFunc(l.Entries, s.From, byUID)
			if at == len(l.Entries) || l.Entries[at].UID >= k.Formats[i+1].From {
				continue
			}
		}
		switch n := len(kept); {
		case n == 0:
			s.From = 1
			kept = append(kept, s)
		case kept[n-1].Format.String() != s.Format.String():
			kept = append(kept, s)
		}
	}
	return kept
}

// spill makes pins of the oldest spans that are too many.
func spill(k Known, l Listing, spans []Span) ([]Span, map[imap.UID]string) {
	over := len(spans) - maxSpans
	if over <= 0 {
		return spans, nil
	}
	pins, taken := make(map[imap.UID]string), make(map[string]bool, len(k.UniqueIDs))
	for _, id := range k.UniqueIDs {
		taken[id] = true
	}
	drop := Maildrop{validity: l.UIDValidity, assigned: l.Assigned, known: k, entries: l.Entries}
	for i, e := range l.Entries {
		if e.UID >= spans[over].From {
			break
		}
		if _, pinned := k.UniqueIDs[e.UID]; pinned {
			continue
		}
		if id := string(drop.AppendUniqueID(nil, i+1)); !taken[id] && ValidUniqueID(id) {
			pins[e.UID], taken[id] = id, true
		}
	}
	spans = slices.Clone(spans[over:])
	spans[0].From = 1
	return spans, pins
}

func byUID(e Entry, uid imap.UID) int { return int(int64(e.UID) - int64(uid)) }
