package translate

// traits are what is true of all entries of a listing together. A login needs them of
// every mailbox, and mailboxes are many times larger than what is new in them, so that
// whoever keeps a listing has them looked for once (see Listing.Surveyed).
type traits struct {
	first *Entry // with count, the entries that this holds for
	count int

	octets    int64      // the sum of what LIST says where nothing was measured
	flags     EntryFlags // that any of them has
	ascending bool       // in order of UID, none twice
	given     bool       // some have a unique-id of the upstream's
	placed    bool       // some have a place that is not that of their UID
}

// Surveyed gives the listing together with what a login asks of all its entries: a
// session that is shown the very same entries need not go through them. Entries are
// never changed in place, and a listing with others does not take this for its own.
func (l Listing) Surveyed() Listing {
	if t := survey(l.Entries); t.count > 0 {
		l.traits = &t
	}
	return l
}

// survey goes through the entries, unless it is known what they have in common.
func (l Listing) survey() traits {
	if t := l.traits; t != nil && sameEntries(l.Entries, t.first, t.count) {
		return *t
	}
	return survey(l.Entries)
}

func survey(entries []Entry) traits {
	t := traits{count: len(entries), ascending: true}
	if len(entries) > 0 {
		t.first = &entries[0]
	}
	for i := range entries {
		e := &entries[i]
		t.octets += min(e.Size, MaxOctets)
		t.flags |= e.Flags
		t.given = t.given || e.UniqueID != ""
		t.placed = t.placed || e.Order != 0
		t.ascending = t.ascending && (i == 0 || entries[i-1].UID < e.UID)
	}
	return t
}

// sameEntries reports whether entries are the very same in memory, which are as many and
// begin at first.
func sameEntries(entries []Entry, first *Entry, count int) bool {
	return len(entries) == count && (count == 0 || &entries[0] == first)
}

// shares reports whether two listings have the very same entries in memory: then there
// is nothing to compare.
func (l Listing) shares(other Listing) bool {
	return len(l.Entries) > 0 && sameEntries(other.Entries, &l.Entries[0], len(l.Entries))
}
