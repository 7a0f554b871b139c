package translate

import "github.com/emersion/go-imap/v2"

// visible leaves out what the policy and the device do not want to see, and counts it.
// It shares the listing's entries where nothing has to be left out.
func (m *Maildrop) visible(entries []Entry, all traits) []Entry {
	if all.flags&m.policy.drops() == 0 && m.showsAll() {
		return entries
	}
	reason := m.reasons()
	for i, e := range entries {
		if why := reason(e); why == nil {
			continue
		}
		kept := append(make([]Entry, 0, len(entries)-1), entries[:i]...)
		for _, e := range entries[i:] {
			if why := reason(e); why != nil {
				*why++
				continue
			}
			kept = append(kept, e)
		}
		return kept
	}
	return entries
}

// showsAll reports whether nothing but the flags of a message can keep it from the device.
func (m *Maildrop) showsAll() bool {
	return len(m.known.Hidden) == 0 && m.known.Recent == nil && m.known.Found == nil && m.policy.MaxOctets <= 0
}

// reasons gives what says which count a message is left out by; nil for none.
func (m *Maildrop) reasons() func(Entry) *int {
	all := func(imap.UID) bool { return true }
	recent, found := all, all
	if m.known.Recent != nil {
		recent = Member(*m.known.Recent)
	}
	if m.known.Found != nil {
		found = Member(*m.known.Found)
	}
	drops, most := m.policy.drops(), m.policy.MaxOctets
	return func(e Entry) *int {
		_, hidden := m.known.Hidden[e.UID]
		switch {
		case e.Flags&drops&FlagLeftOut != 0:
			return &m.leftOut.Unreadable
		case e.Flags&drops&FlagPOP3Deleted != 0:
			return &m.leftOut.Flagged
		case e.Flags&drops != 0:
			return &m.leftOut.StruckOut
		case hidden:
			return &m.leftOut.Hidden
		case !recent(e.UID):
			return &m.leftOut.Old
		case most > 0 && m.octetsOf(&e) > most:
			return &m.leftOut.TooLarge
		case !found(e.UID):
			return &m.leftOut.NotFound
		}
		return nil
	}
}
