package translate

import "github.com/emersion/go-imap/v2"

// visible shares the listing's entries where nothing has to be left out.
func visible(entries []Entry, known Known, drops EntryFlags) []Entry {
	recent := func(imap.UID) bool { return true }
	if known.Recent != nil {
		recent = Member(*known.Recent)
	}
	gone := func(e Entry) bool {
		_, h := known.Hidden[e.UID]
		return h || e.Flags&drops != 0 || !recent(e.UID)
	}
	for i, e := range entries {
		if !gone(e) {
			continue
		}
		kept := append(make([]Entry, 0, len(entries)-1), entries[:i]...)
		for _, e := range entries[i+1:] {
			if !gone(e) {
				kept = append(kept, e)
			}
		}
		return kept
	}
	return entries
}

// newest keeps the last entries; most 0 keeps all.
func newest(entries []Entry, most int) []Entry {
	if most == 0 || len(entries) <= most {
		return entries
	}
	return entries[len(entries)-most:]
}
