package translate

import (
	"strconv"

	"github.com/emersion/go-imap/v2"
)

// pin settles unique-ids that the format alone does not make unique: those
// remembered, those that the upstream gave, if any are given, and collisions between them. Where
// every unique-id is computed there is nothing to settle, and nothing is spent. One
// that is remembered for two messages, because an old server gave it to both or the
// ledger is damaged, stays the first one's; the other message gets one of its own, for
// good: it is downloaded again at the worst, and no reason to shut the mailbox.
func (m *Maildrop) pin(given bool) {
	if !given && len(m.known.UniqueIDs) == 0 && len(m.known.Formats) <= 1 {
		return
	}
	if m.assigned {
		// Whatever an old server has sent, devices know it as it was sent.
		m.pins = m.known.UniqueIDs
		return
	}
	m.pins = make(map[imap.UID]string, len(m.known.UniqueIDs))
	taken := make(map[string]imap.UID, len(m.entries))
	for i := range m.entries {
		if id, ok := m.known.UniqueIDs[m.entries[i].UID]; ok {
			if _, twice := taken[id]; twice {
				continue
			}
			m.pins[m.entries[i].UID] = id
			taken[id] = m.entries[i].UID
		}
	}
	for i := range m.entries {
		uid := m.entries[i].UID
		if _, pinned := m.pins[uid]; pinned {
			continue
		}
		id := string(m.AppendUniqueID(nil, i+1))
		_, shared := m.known.UniqueIDs[uid]
		if _, twice := taken[id]; twice || !ValidUniqueID(id) {
			id, shared = m.distinct(id, uid, taken), true
		}
		if shared {
			m.pins[uid] = id
		}
		taken[id] = uid
	}
}

// distinct makes a unique-id that is not taken and can be told apart from the
// one it could not be: the format's own, then the UID alone, then that with a
// count after it, which stays far below MaxUniqueID.
func (m *Maildrop) distinct(wanted string, uid imap.UID, taken map[string]imap.UID) string {
	own := string(m.format(uid).Append(nil, m.validity, uid))
	if _, twice := taken[own]; own != wanted && !twice {
		return own
	}
	plain := "u" + strconv.FormatUint(uint64(m.validity), 10) + "." + strconv.FormatUint(uint64(uid), 10)
	id := plain
	for n := 2; ; n++ {
		if _, twice := taken[id]; !twice {
			return id
		}
		id = plain + "." + strconv.Itoa(n)
	}
}

// newPins are the unique-ids of this maildrop that the ledger does not have
// and that a later session could not compute, since what they collided with may
// be gone by then.
func (m *Maildrop) newPins() map[imap.UID]string {
	var pins map[imap.UID]string
	for uid, id := range m.pins {
		if m.known.UniqueIDs[uid] == id {
			continue
		}
		if pins == nil {
			pins = make(map[imap.UID]string)
		}
		pins[uid] = id
	}
	return pins
}

// ValidUniqueID reports whether id has 1 to 70 characters from 0x21 to 0x7E
// (RFC 1939 §7).
func ValidUniqueID(id string) bool {
	if id == "" || len(id) > MaxUniqueID {
		return false
	}
	for i := range len(id) {
		if id[i] < 0x21 || id[i] > 0x7E {
			return false
		}
	}
	return true
}
