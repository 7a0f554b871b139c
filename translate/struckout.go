package translate

// StruckOut is what a device sees of messages that carry \Deleted: a mail program
// has struck them out, and nobody has expunged them yet. popbridge's own deletions
// are expunged at once, or carry KeywordDeleted.
type StruckOut uint8

// What becomes of them.
const (
	// StruckOutHide lists none of them: their owner has deleted them.
	StruckOutHide StruckOut = iota
	// StruckOutShow lists them as any other, as Dovecot's and Cyrus' POP3 do.
	StruckOutShow
)

var struckOutWords = []string{"hide", "show"}

// String gives the operator's word.
func (s StruckOut) String() string { return struckOutWords[s] }

// MarshalText gives the operator's word.
func (s StruckOut) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes one of hide, show.
func (s *StruckOut) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(s), string(text), struckOutWords)
}

// drops are the flags of messages that no device sees.
func (p Policy) drops() EntryFlags {
	if p.StruckOut == StruckOutShow {
		return unseen &^ FlagDeleted
	}
	return unseen
}

// Shows reports whether a device may see a message with these flags.
func (p Policy) Shows(f EntryFlags) bool { return f&p.drops() == 0 }

// StruckOutIDs gives the unique-ids of messages that a policy hides for \Deleted
// alone: a device would see them under StruckOutShow.
func StruckOutIDs(l Listing, known Known, p Policy) (map[string]bool, error) {
	if p.StruckOut == StruckOutShow {
		return nil, nil
	}
	p.StruckOut = StruckOutShow
	all, err := NewMaildrop(l, known, p)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]bool)
	for i, e := range all.entries {
		if e.Flags&FlagDeleted != 0 {
			ids[string(all.AppendUniqueID(nil, i+1))] = true
		}
	}
	return ids, nil
}
