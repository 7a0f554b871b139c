package translate_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// spot is where a message lies: a mailbox under a UIDVALIDITY, and a UID there.
type spot struct {
	mailbox  int
	validity uint32
	uid      imap.UID
}

// filing is a model of an account whose messages somebody files among mailboxes, and of
// what is remembered of them.
type filing struct {
	same     bool // the server says which messages are one (EMAILID)
	validity []uint32
	next     []imap.UID
	lies     map[int]spot            // messages, by number; out of view where they are in none
	away     map[int]bool            // out of view
	pins     map[spot]string         // what is remembered
	by       map[spot]translate.Lost // what those are recognised by
	ids      map[int]string          // as devices know them
}

const outOfView = -1

func (f *filing) put(message, mailbox int) {
	if f.away[message] = mailbox == outOfView; f.away[message] {
		delete(f.lies, message)
		return
	}
	f.lies[message] = spot{mailbox, f.validity[mailbox], f.next[mailbox]}
	f.next[mailbox]++
}

// rebuild gives a mailbox another UIDVALIDITY, and its messages other UIDs.
func (f *filing) rebuild(mailbox int) {
	f.validity[mailbox] += 10
	f.next[mailbox] = 1
	for _, message := range f.in(mailbox) {
		f.put(message, mailbox)
	}
}

// in gives the messages of a mailbox in order of UID.
func (f *filing) in(mailbox int) (messages []int) {
	for message, at := range f.lies {
		if at.mailbox == mailbox {
			messages = append(messages, message)
		}
	}
	slices.SortFunc(messages, func(a, b int) int { return cmp.Compare(f.lies[a].uid, f.lies[b].uid) })
	return messages
}

func keyOf(message int) (key translate.ContentKey) {
	binary.BigEndian.PutUint32(key[:], uint32(message+1))
	return key
}

// session settles the unique-ids, and compares them with what devices know.
func (f *filing) session(t *rapid.T) {
	shown := make([]translate.Shown, len(f.validity))
	keys := make([]map[imap.UID]translate.ContentKey, len(f.validity))
	there := make(map[spot]bool)
	for i := range f.validity {
		l := translate.Listing{UIDValidity: f.validity[i]}
		known := translate.Known{UIDValidity: f.validity[i], UniqueIDs: make(map[imap.UID]string)}
		keys[i] = make(map[imap.UID]translate.ContentKey)
		for _, message := range f.in(i) {
			at := f.lies[message]
			there[at] = true
			e := translate.Entry{UID: at.uid, Size: int64(100 + message)}
			if keys[i][at.uid] = keyOf(message); f.same {
				e.Same = uint64(message + 1)
				keys[i][at.uid] = translate.SameKey(e.Same)
			}
			l.Entries = append(l.Entries, e)
			if id, ok := f.pins[at]; ok {
				known.UniqueIDs[at.uid] = id
			}
		}
		shown[i] = translate.Shown{Listing: l, Known: known}
		if i > 0 {
			shown[i].Tag = translate.MailboxTag(fmt.Sprint("mailbox ", i), f.validity[i])
		}
	}
	s, err := translate.NewSettlement(shown, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	var lost []translate.Lost
	for at, l := range f.by {
		if !there[at] {
			lost = append(lost, l)
		}
	}
	for _, found := range s.Find(lost, keys) {
		for at, l := range f.by {
			if l.Page == found.Page && at.uid == found.Old {
				delete(f.by, at)
				delete(f.pins, at)
			}
		}
	}
	pins := s.Pins()
	owner := make(map[string]int)
	for message, at := range f.lies {
		id := pins[at.mailbox][at.uid]
		if was, known := f.ids[message]; known && id != was {
			t.Fatalf("message %d in mailbox %d had %q and has %q", message, at.mailbox, was, id)
		}
		if other, twice := owner[id]; twice {
			t.Fatalf("messages %d and %d have %q", message, other, id)
		}
		for other, was := range f.ids {
			if was == id && other != message {
				t.Fatalf("message %d has %q, which was that of %d", message, id, other)
			}
		}
		owner[id], f.ids[message] = message, id
		f.pins[at] = id
		f.by[at] = translate.Lost{Page: int64(at.mailbox)<<32 | int64(at.validity), Remembered: translate.Remembered{
			UID: at.uid, UniqueID: id, Key: keys[at.mailbox][at.uid], Octets: int64(100 + message),
		}}
	}
}

// Whatever somebody does with messages between sessions, each keeps its unique-id for
// life, and none has that of another: filed into another mailbox, out of view and back,
// in a mailbox that was rebuilt.
func TestUniqueIDsForLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &filing{
			same: rapid.Bool().Draw(t, "EMAILID"), validity: []uint32{1, 2, 3}, next: []imap.UID{1, 1, 1}, lies: make(map[int]spot), away: make(map[int]bool),
			pins: make(map[spot]string), by: make(map[spot]translate.Lost), ids: make(map[int]string),
		}
		messages := 0
		box := func() int { return rapid.IntRange(0, 2).Draw(t, "mailbox") }
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 9).Draw(t, "0: out of view, 1: rebuild, to 4: new, to 7: file, else: session"); {
			case what <= 1 && what == 1:
				f.rebuild(box())
			case what <= 4 && what > 1 || messages == 0:
				f.put(messages, box())
				messages++
			case what == 0:
				f.put(rapid.IntRange(0, messages-1).Draw(t, "message"), outOfView)
			case what <= 7:
				f.put(rapid.IntRange(0, messages-1).Draw(t, "message"), box())
			default:
				f.session(t)
			}
		}
		f.session(t)
	})
}
