package translate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

var capabilitySets = []imap.CapSet{
	{},
	{imap.CapUIDPlus: {}},
	{imap.CapMove: {}},
	{imap.CapUIDPlus: {}, imap.CapMove: {}},
	{imap.CapIMAP4rev2: {}},
}

var permanentFlags = [][]imap.Flag{
	nil,
	{},
	{imap.FlagDeleted},
	{imap.FlagSeen},
	{imap.FlagWildcard},
	{imap.FlagSeen, imap.FlagDeleted},
	{imap.FlagSeen, imap.FlagDeleted, imap.FlagWildcard},
	{imap.FlagSeen, imap.FlagDeleted, translate.KeywordDeleted},
}

// quitting is one session that has marked and retrieved and is about to QUIT.
type quitting struct {
	world             *world
	policy            translate.Policy
	drop              *translate.Maildrop
	marked, retrieved map[string]bool
	markedUIDs        []imap.UID
}

// every calls f for each action on each kind of server: all capability sets, all
// PERMANENTFLAGS, each mailbox that an action may treat differently.
func every(f func(translate.Policy, translate.Server)) {
	for _, action := range translate.OnDeletes() {
		for _, caps := range capabilitySets {
			for _, flags := range permanentFlags {
				for _, mailbox := range []string{inbox, trash, archive} {
					for _, readOnly := range []bool{false, true} {
						s := translate.Server{Caps: caps, PermanentFlags: flags, ReadOnly: readOnly, Mailbox: mailbox, Trash: trash, Archive: archive}
						f(translate.Policy{OnDelete: action, OnRetrieve: translate.RetrieveSeen}, s)
						f(translate.Policy{OnDelete: action, OnRetrieve: translate.RetrieveNothing}, s)
					}
				}
			}
		}
	}
}

// visit is one message, and what a session does to it.
type visit struct {
	UID                  imap.UID
	Deleted, POP3Deleted bool // marked by other clients, before the login
	Retrieve, Mark       bool
}

func drawVisits(t *rapid.T) []visit {
	uids := rapid.SliceOfNDistinct(rapid.Uint32Range(1, 20), 1, 8, rapid.ID[uint32]).Draw(t, "UIDs")
	visits := make([]visit, len(uids))
	for i, uid := range uids {
		visits[i] = visit{
			UID:         imap.UID(uid),
			Deleted:     rapid.IntRange(0, 4).Draw(t, "marked by another client at 0") == 0,
			POP3Deleted: rapid.IntRange(0, 6).Draw(t, "flagged at 0") == 0,
			Retrieve:    rapid.Bool().Draw(t, "retrieve"),
			Mark:        rapid.Bool().Draw(t, "mark"),
		}
	}
	return visits
}

// newQuitting makes the mailbox, and a session on it.
func newQuitting(t *rapid.T, visits []visit, p translate.Policy, s translate.Server) quitting {
	q := quitting{world: newWorld(s), policy: p, marked: make(map[string]bool), retrieved: make(map[string]bool)}
	plans := make(map[imap.UID]visit)
	for _, v := range visits {
		q.world.source[v.UID] = &stored{fmt.Sprint("message ", v.UID), map[imap.Flag]bool{
			imap.FlagDeleted: v.Deleted, translate.KeywordDeleted: v.POP3Deleted,
		}}
		plans[v.UID] = v
	}
	var err error
	if q.drop, err = translate.NewMaildrop(q.world.listing(), translate.Known{UIDValidity: 7}, p); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= q.drop.Len(); n++ {
		msg, err := q.drop.Message(n)
		if err != nil {
			t.Fatal(err)
		}
		name := q.world.source[msg.UID].name
		if plans[msg.UID].Retrieve {
			q.drop.Retrieved(n, 10)
			q.retrieved[name] = true
		}
		if plans[msg.UID].Mark {
			if err := q.drop.Delete(n); err != nil {
				t.Fatal(err)
			}
			q.marked[name] = true
			q.markedUIDs = append(q.markedUIDs, msg.UID)
		}
	}
	return q
}

// checkEvery checks a property of every action on every server, with what random
// sessions do to random mailboxes.
func checkEvery(t *testing.T, property func(*rapid.T, quitting)) {
	rapid.Check(t, func(t *rapid.T) {
		visits := drawVisits(t)
		moody := rapid.Bool().Draw(t, "refuses \\Seen")
		every(func(p translate.Policy, s translate.Server) {
			q := newQuitting(t, visits, p, s)
			q.world.moody = moody
			property(t, q)
		})
	})
}

// destroys reports whether the operator asked for messages to be gone for good:
// expunge, or a deletion in the Trash itself.
func (q quitting) destroys() bool {
	return q.policy.OnDelete == translate.DeleteExpunge || q.policy.OnDelete == translate.DeleteTrash && q.world.server.Mailbox == trash
}

func (q quitting) fatal() bool {
	return slices.ContainsFunc(q.policy.Unsupported(q.world.server), func(u translate.Unsupported) bool { return u.Fatal })
}
