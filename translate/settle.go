package translate

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"
)

// Shown is one mailbox of a maildrop that shows several, as it is seen at a login.
type Shown struct {
	Name    string // as Lost.In has it
	Listing Listing
	Known   Known
	// Tag is what its messages' unique-ids end with; empty for the first mailbox, whose
	// unique-ids are those that it has alone.
	Tag string
	// Served reports whether devices may know a message of the first mailbox by the
	// unique-id that is computed for it, though none is pinned: it was listed before
	// the others were shown. nil: none.
	Served func(imap.UID) bool
}

// Identity is what a message is recognised by when it comes up elsewhere.
type Identity struct {
	Key    ContentKey
	Octets int64 // RFC822.SIZE, 0: not known
}

// MailboxTag is what tells the unique-ids of a mailbox from those of others: made of the
// server's MAILBOXID (RFC 8474), or where it has none of the name, and of the
// UIDVALIDITY. A mailbox that takes another's name must not give its unique-ids again:
// devices would take new mail for what they have.
func MailboxTag(id string, validity uint32) string {
	h := sha256.Sum256(binary.BigEndian.AppendUint32([]byte("mailbox\x00"+id+"\x00"), validity))
	return hex.EncodeToString(h[:])[:tagLength]
}

const tagLength = 12

// Settlement gives every message of several mailboxes its unique-id. It is asked in this
// order: NewSettlement, Matched, Fresh, Find, Pins.
type Settlement struct {
	policy Policy
	shown  []Shown
	ids    []map[imap.UID]string // by in
	taken  map[string]uint64     // the Entry.Same of whose it is
	twins  map[uint64]string     // by Entry.Same
	alone  []string              // of the first mailbox, by entry
}

// NewSettlement gives messages the unique-ids that they are known by. Copies of one
// message, by Entry.Same, have one. It fails where a listing contradicts itself.
func NewSettlement(shown []Shown, p Policy) (*Settlement, error) {
	s := &Settlement{policy: p, shown: shown, ids: make([]map[imap.UID]string, len(shown)), taken: make(map[string]uint64), twins: make(map[uint64]string)}
	for i, in := range shown {
		if err := inOrderOfUID(in.Listing.Entries); err != nil {
			return nil, err
		}
		s.ids[i] = make(map[imap.UID]string, len(in.Listing.Entries))
		if in.Tag == "" {
			alone := &Maildrop{policy: p, validity: in.Listing.UIDValidity, assigned: in.Listing.Assigned, known: in.Known, entries: in.Listing.Entries}
			alone.pin(in.Listing.survey().given)
			s.alone = alone.all()
		}
	}
	for i, in := range shown {
		for n, e := range in.Listing.Entries {
			if id, ok := in.Known.UniqueIDs[e.UID]; ok {
				s.keep(i, e, id)
			} else if in.Tag == "" && in.Served != nil && in.Served(e.UID) {
				s.keep(i, e, s.alone[n])
			}
		}
	}
	for i, in := range shown {
		for _, e := range in.Listing.Entries {
			s.share(i, e)
		}
	}
	return s, nil
}

// all gives the unique-ids of all messages.
func (m *Maildrop) all() []string {
	ids := make([]string, len(m.entries))
	for i := range ids {
		ids[i] = string(m.AppendUniqueID(nil, i+1))
	}
	return ids
}

// keep gives a message the unique-id that it is known by, unless another message has it:
// no device may take the one for the other.
func (s *Settlement) keep(i int, e Entry, id string) {
	if twin, ok := s.twins[e.Same]; ok && e.Same != 0 {
		id = twin
	} else if _, taken := s.taken[id]; taken {
		return
	}
	s.give(i, e, id)
}

func (s *Settlement) give(i int, e Entry, id string) {
	s.ids[i][e.UID], s.taken[id] = id, e.Same
	if e.Same != 0 {
		s.twins[e.Same] = id
	}
}

// share gives a message without a unique-id that of a copy.
func (s *Settlement) share(i int, e Entry) bool {
	_, has := s.ids[i][e.UID]
	if id, ok := s.twins[e.Same]; ok && e.Same != 0 && !has {
		s.give(i, e, id)
		return true
	}
	return has
}

// Fresh gives the messages that have no unique-id yet, by mailbox, in order of UID: the
// ones that are to be looked for among those that are lost.
func (s *Settlement) Fresh() [][]Entry {
	fresh := make([][]Entry, len(s.shown))
	for i, in := range s.shown {
		for _, e := range in.Listing.Entries {
			if _, ok := s.ids[i][e.UID]; !ok {
				fresh[i] = append(fresh[i], e)
			}
		}
	}
	return fresh
}

// Find gives fresh messages the unique-ids of lost ones that they are (see Relink), and
// says which were found. keys are those of the fresh messages, by mailbox. What nobody had
// looked at before it was lost is told by when it was received (ReceivedKey), if that
// leaves no choice.
func (s *Settlement) Find(lost []Lost, keys []map[imap.UID]ContentKey) []Found {
	waiting := make(map[Identity][]Lost, len(lost))
	for _, l := range lost {
		if _, taken := s.taken[l.UniqueID]; !taken && l.Key != (ContentKey{}) {
			for _, key := range l.Key.alike() {
				id := Identity{key, l.Octets}
				waiting[id] = append(waiting[id], l)
			}
		}
	}
	for _, same := range waiting {
		slices.SortStableFunc(same, func(a, b Lost) int { return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.UID, b.UID)) })
	}
	var found []Found
	take := func(i int, e Entry, id Identity) bool {
		same := waiting[id]
		for len(same) > 0 {
			if _, taken := s.taken[same[0].UniqueID]; !taken {
				break
			}
			same = same[1:]
		}
		if waiting[id] = same; len(same) == 0 {
			return false
		}
		l := same[0]
		waiting[id] = same[1:]
		s.give(i, e, l.UniqueID)
		found = append(found, l.found(i, e))
		return true
	}
	for i, fresh := range s.Fresh() {
		for _, e := range fresh {
			key := keys[i][e.UID]
			if s.share(i, e) || key == (ContentKey{}) {
				continue
			}
			if !take(i, e, Identity{key, e.Size}) {
				take(i, e, Identity{key, 0})
			}
		}
	}
	s.hints(func(i int, e Entry, id Identity) {
		if len(waiting[id]) == 1 {
			take(i, e, id)
		}
	})
	return found
}

// hints calls take for the messages that are new still, with what tells them by when they
// were received, where no two of them have that in common.
func (s *Settlement) hints(take func(int, Entry, Identity)) {
	fresh := s.Fresh()
	alike := make(map[Identity]int)
	for _, entries := range fresh {
		for _, e := range entries {
			alike[Identity{ReceivedKey(e), e.Size}]++
		}
	}
	for i, entries := range fresh {
		for _, e := range entries {
			if id := (Identity{ReceivedKey(e), e.Size}); id.Key != (ContentKey{}) && alike[id] == 1 {
				take(i, e, id)
			}
		}
	}
}

// Gives reports whether a message has the unique-id.
func (s *Settlement) Gives(id string) bool {
	_, given := s.taken[id]
	return given
}

// Pins gives every message of a mailbox its unique-id, those included that were not known
// by any: in the first mailbox what it has alone, in the others with their tag.
func (s *Settlement) Pins() []map[imap.UID]string {
	for i, in := range s.shown {
		for n, e := range in.Listing.Entries {
			if s.share(i, e) {
				continue
			}
			id := s.computed(i, n, e)
			if _, taken := s.taken[id]; taken || !ValidUniqueID(id) {
				id = s.distinct(i, e)
			}
			s.give(i, e, id)
		}
	}
	return s.ids
}

// computed is the unique-id of a message that devices have never seen.
func (s *Settlement) computed(i, n int, e Entry) string {
	in := s.shown[i]
	if in.Tag == "" {
		return s.alone[n]
	}
	if isGmail(e.UniqueID) {
		return e.UniqueID // it names the message, wherever it lies
	}
	return string(s.policy.UniqueID.Append(nil, in.Listing.UIDValidity, e.UID)) + "." + in.Tag
}

// distinct is one that no other message has.
func (s *Settlement) distinct(i int, e Entry) string {
	in := s.shown[i]
	plain := "u" + strconv.FormatUint(uint64(in.Listing.UIDValidity), 10) + "." + strconv.FormatUint(uint64(e.UID), 10)
	if in.Tag != "" {
		plain += "." + in.Tag
	}
	for id, n := plain, 2; ; n++ {
		if _, taken := s.taken[id]; !taken {
			return id
		}
		id = plain + "." + strconv.Itoa(n)
	}
}

// alike are the keys that one message may have: what was described by the server's own
// EMAILID or X-GM-MSGID may be listed with that as its Same.
func (k ContentKey) alike() []ContentKey { return []ContentKey{k, SameKey(k.Number())} }

// SameKey is the key of messages that the server says are one (Entry.Same).
func SameKey(same uint64) ContentKey {
	return contentKey("same", binary.BigEndian.AppendUint64(nil, same))
}
