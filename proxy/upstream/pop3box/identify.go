package pop3box

import (
	"cmp"
	"context"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Identify is Describe with the server's unique-ids, by which the UIDs were given:
// no other message ever has one of them (RFC 1939 §7). A message whose header the
// server does not give is given with nothing but its UID, and what is not given is
// not there.
func (m *Mailbox) Identify(ctx context.Context, uids goimap.UIDSet, each func(translate.Description)) error {
	told := make(map[goimap.UID]bool)
	err := m.Describe(ctx, uids, func(d translate.Description) {
		i, listed := slices.BinarySearchFunc(m.listing.Entries, d.UID, func(e translate.Entry, uid goimap.UID) int { return cmp.Compare(e.UID, uid) })
		if listed {
			d.UniqueID = m.listing.Entries[i].UniqueID
		}
		told[d.UID] = true
		each(d)
	})
	if err != nil || m.numbers == nil {
		return err
	}
	for _, uid := range translate.Members(uids) {
		if _, there := m.numbers.number(uid); there && !told[uid] {
			each(translate.Description{UID: uid})
		}
	}
	return nil
}
