package translate

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/emersion/go-imap/v2"
)

// Mark is a message that a Plan deletes, as it was when the plan was made.
type Mark struct {
	UID   imap.UID
	Print Fingerprint
}

// Fingerprint tells the message that has a UID from any other that may get it,
// when a server is restored from a backup and gives UIDs again. 0 tells nothing.
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

// Mismatched counts the marks of an intent whose UIDs are other messages now, among
// those that are there, and says which of those that are cannot be told, now or when
// they were marked: these must not be carried out. UIDs that are gone are neither:
// their messages were taken away, by the plan itself perhaps. Messages that were
// marked and not noted count as mismatched.
func (i Intent) Mismatched(there map[imap.UID]Fingerprint) (mismatched int, untold imap.UIDSet) {
	mismatched = max(0, i.Plan.Deletes-len(i.Marks))
	for _, m := range i.Marks {
		now, ok := there[m.UID]
		switch {
		case !ok:
		case now == 0 || m.Print == 0:
			untold.AddNum(m.UID)
		case now != m.Print:
			mismatched++
		}
	}
	return mismatched, untold
}

// Marked is the set of an intent's marks.
func (i Intent) Marked() imap.UIDSet {
	var uids imap.UIDSet
	for _, m := range i.Marks {
		uids.AddNum(m.UID)
	}
	return uids
}
