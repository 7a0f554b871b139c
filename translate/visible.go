package translate

import "github.com/emersion/go-imap/v2"

// LeftOut counts the messages of a mailbox that a device is not shown, by why. Each is
// counted once, by the first reason.
type LeftOut struct {
	// Withheld are those that the server could not tell enough of, or that somebody has
	// marked as deleted.
	Withheld int
	// Hidden are those that this device has put away.
	Hidden int
	// Old are those that visible does not reach back to, or max_messages.
	Old int
	// TooLarge are those above max_size.
	TooLarge int
	// NotFound are those that the maildrop's search does not find.
	NotFound int
	// Repeated are copies of a message that is listed from another mailbox.
	Repeated int
}

// Sum is how many are left out.
func (o LeftOut) Sum() int {
	return o.Withheld + o.Hidden + o.Old + o.TooLarge + o.NotFound + o.Repeated
}

// Plus adds up what is left out of two mailboxes.
func (o LeftOut) Plus(other LeftOut) LeftOut {
	return LeftOut{
		Withheld: o.Withheld + other.Withheld, Hidden: o.Hidden + other.Hidden, Old: o.Old + other.Old,
		TooLarge: o.TooLarge + other.TooLarge, NotFound: o.NotFound + other.NotFound, Repeated: o.Repeated + other.Repeated,
	}
}

// visible leaves out what the policy and the device do not want to see, and counts it.
// It shares the listing's entries where nothing has to be left out.
func (m *Maildrop) visible(entries []Entry) []Entry {
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
		case e.Flags&drops != 0:
			return &m.leftOut.Withheld
		case hidden:
			return &m.leftOut.Hidden
		case !recent(e.UID):
			return &m.leftOut.Old
		case most > 0 && m.octetsOf(e) > most:
			return &m.leftOut.TooLarge
		case !found(e.UID):
			return &m.leftOut.NotFound
		}
		return nil
	}
}
