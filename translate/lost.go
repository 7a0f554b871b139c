package translate

import "github.com/emersion/go-imap/v2"

// Lost is a message that a maildrop has served and that is not where it was: it may lie
// in another of its mailboxes now, or under another UID.
type Lost struct {
	Remembered
	Page int64 // of the ledger, that remembers it
	// In is the mailbox, and As the UID there, that a match has found it under on another
	// server; empty where there was none.
	In string
	As imap.UID
}

// Found is a Lost message that was found again.
type Found struct {
	Mailbox int // the one that it is in
	Page    int64
	Link
}

// Matched gives fresh messages the unique-ids of lost ones that a match has found them to
// be, and says which were found.
func (s *Settlement) Matched(lost []Lost) (found []Found) {
	type spot struct {
		in string
		as imap.UID
	}
	matched := make(map[spot]Lost)
	for _, l := range lost {
		if _, taken := s.taken[l.UniqueID]; l.In != "" && !taken {
			matched[spot{l.In, l.As}] = l
		}
	}
	if len(matched) == 0 {
		return nil
	}
	for i, fresh := range s.Fresh() {
		for _, e := range fresh {
			l, ok := matched[spot{s.shown[i].Name, e.UID}]
			if _, taken := s.taken[l.UniqueID]; !ok || taken || s.share(i, e) {
				continue
			}
			s.give(i, e, l.UniqueID)
			found = append(found, l.found(i, e))
		}
	}
	return found
}

// found is a lost message that is one of a mailbox.
func (l Lost) found(mailbox int, e Entry) Found {
	return Found{Mailbox: mailbox, Page: l.Page, Link: Link{Old: l.UID, New: e.UID, UniqueID: l.UniqueID, Order: l.Order}}
}
