package translate

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Mark is a message that a Plan deletes, as it was when the plan was made.
type Mark struct {
	UID   imap.UID
	Print Fingerprint
}

// Fingerprint tells the message that has a UID from any other that may get it,
// when a server is restored from a backup and gives UIDs anew. 0 tells nothing.
type Fingerprint uint64

// Fingerprint takes everything of a description together: content key,
// Message-ID, octets as the upstream lists them, and INTERNALDATE, which no server
// changes under a UID (RFC 9051 §2.3.3) and which later mail does not share, or the
// unique-id of an old POP3 server. It is 0 where none of the last and no Message-ID
// is known: two reports of one program may be alike in all the rest.
func (d Description) Fingerprint() Fingerprint {
	if d.MessageID == "" && d.Received.IsZero() && d.UniqueID == "" {
		return 0
	}
	h := sha256.New()
	h.Write(d.Key[:])
	h.Write([]byte(d.MessageID + "\x00" + d.UniqueID))
	h.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(d.Octets)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(d.Received.Unix())))
	return Fingerprint(binary.BigEndian.Uint64(h.Sum(nil)) | 1)
}

// Strangers counts the marks of an intent that must not be carried out: the
// mailbox holds a message under the UID, and it is another one now or cannot be
// told. UIDs that are gone are none: their messages were taken away, by the plan
// itself perhaps. Messages that were marked and not noted count too.
func (i Intent) Strangers(now Listing, prints map[imap.UID]Fingerprint) int {
	strangers := max(0, i.Plan.Deletes-len(i.Marks))
	for _, m := range i.Marks {
		_, there := slices.BinarySearchFunc(now.Entries, m.UID, func(e Entry, uid imap.UID) int { return cmp.Compare(e.UID, uid) })
		if there && (m.Print == 0 || prints[m.UID] != m.Print) {
			strangers++
		}
	}
	return strangers
}

// Marked is the set of an intent's marks.
func (i Intent) Marked() imap.UIDSet {
	var uids imap.UIDSet
	for _, m := range i.Marks {
		uids.AddNum(m.UID)
	}
	return uids
}
