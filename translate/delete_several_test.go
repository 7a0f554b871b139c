package translate_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// quittingAll is a session over several mailboxes that is about to QUIT: one quitting for
// each, which share what was marked and retrieved.
type quittingAll struct {
	parts  []quitting
	merged *translate.Merged
}

// letter is one message of a draw, with the mailboxes that hold it: more than one hold
// copies that have one unique-id, as with Gmail's labels.
type letter struct {
	In             []bool
	Deleted        bool // marked by another client, where it lies first
	Retrieve, Mark bool
}

func drawLetters(t *rapid.T, boxes int) []letter {
	letters := make([]letter, rapid.IntRange(1, 6).Draw(t, "messages"))
	for i := range letters {
		letters[i] = letter{
			In:       rapid.SliceOfN(rapid.Bool(), boxes, boxes).Draw(t, "lies in"),
			Deleted:  rapid.IntRange(0, 5).Draw(t, "marked by another client at 0") == 0,
			Retrieve: rapid.Bool().Draw(t, "retrieve"),
			Mark:     rapid.Bool().Draw(t, "mark"),
		}
	}
	return letters
}

// newQuittingAll fills the mailboxes, and lets a session mark and retrieve.
func newQuittingAll(t *rapid.T, letters []letter, names []string, p translate.Policy, s translate.Server) quittingAll {
	var q quittingAll
	marked, retrieved := make(map[string]bool), make(map[string]bool)
	known := make([]translate.Known, len(names))
	for i, name := range names {
		s.Mailbox = name
		q.parts = append(q.parts, quitting{world: newWorld(s), policy: p, marked: marked, retrieved: retrieved})
		known[i] = translate.Known{UIDValidity: 7, UniqueIDs: make(map[imap.UID]string)}
	}
	for n, l := range letters {
		deleted := l.Deleted
		for i := range names {
			if !l.In[i] {
				continue
			}
			uid := imap.UID(3*n + i + 1)
			q.parts[i].world.source[uid] = &stored{fmt.Sprint("message ", n), map[imap.Flag]bool{imap.FlagDeleted: deleted}}
			known[i].UniqueIDs[uid] = fmt.Sprint("id-", n)
			deleted = false
		}
	}
	drops := make([]*translate.Maildrop, len(names))
	part := p
	part.Order = translate.OrderUID
	for i := range q.parts {
		var err error
		if drops[i], err = translate.NewMaildrop(q.parts[i].world.listing(), known[i], part); err != nil {
			t.Fatal(err)
		}
		q.parts[i].drop = drops[i]
	}
	q.merged = translate.MergeMaildrops(p, drops...)
	for n := 1; n <= q.merged.Len(); n++ {
		var letter int
		if _, err := fmt.Sscanf(string(q.merged.AppendUniqueID(nil, n)), "id-%d", &letter); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint("message ", letter)
		if letters[letter].Retrieve {
			q.merged.Retrieved(n, 10)
			retrieved[name] = true
		}
		if letters[letter].Mark {
			if err := q.merged.Delete(n); err != nil {
				t.Fatal(err)
			}
			marked[name] = true
		}
	}
	return q
}

// checkEveryAll checks a property of every action on every server that the policy suits,
// with what random sessions do to two or three mailboxes.
func checkEveryAll(t *testing.T, property func(*rapid.T, quittingAll)) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{inbox, "Orders", "Faxes"}[:rapid.IntRange(2, 3).Draw(t, "mailboxes")]
		letters := drawLetters(t, len(names))
		every(func(p translate.Policy, s translate.Server) {
			if s.Mailbox != inbox || slices.ContainsFunc(p.Unsupported(s), func(u translate.Unsupported) bool { return u.Fatal }) {
				return
			}
			property(t, newQuittingAll(t, letters, names, p, s))
		})
	})
}

// A QUIT over several mailboxes may break off behind any op of any of its plans, which are
// carried out one after the other: no message is lost, and none is touched that the device
// has not marked, in whichever mailbox.
func TestNoPrefixOfPlansOverMailboxesLosesMail(t *testing.T) {
	checkEveryAll(t, func(t *rapid.T, q quittingAll) {
		worlds, before := make([]*world, len(q.parts)), make([]*world, len(q.parts))
		for i, part := range q.parts {
			worlds[i], before[i] = part.world.clone(), part.world.clone()
		}
		for i, part := range q.parts {
			for n, op := range part.drop.Plan(part.world.server).Ops {
				if err := worlds[i].do(op); errors.Is(err, errPlain) {
					t.Fatal(err)
				} else if err != nil && !op.Optional {
					t.Fatalf("%s on %+v: op %d %+v: %v", part.policy.OnDelete, part.world.server, n, op, err)
				}
				left := make(map[string]bool)
				for j := range q.parts {
					q.parts[j].checkUnmarked(t, before[j], worlds[j])
					after := worlds[j].clone()
					after.expungeAll()
					for name := range q.parts[j].marked {
						left[name] = left[name] || after.holds(name)
					}
				}
				for name := range part.marked {
					if !left[name] && !part.destroys() {
						t.Fatalf("%s is lost after op %d of mailbox %d: %+v", name, n, i, op)
					}
				}
			}
		}
	})
}

// All plans together do what the operator chose: the next login shows what was not marked,
// and nothing else, whichever mailboxes a marked message lay in.
func TestPlansOverMailboxesKeepTheirPromise(t *testing.T) {
	checkEveryAll(t, func(t *rapid.T, q quittingAll) {
		deletes := 0
		next := make([]*translate.Maildrop, len(q.parts))
		shown := make(map[string]bool)
		for i, part := range q.parts {
			w := part.world.clone()
			plan := part.drop.Plan(w.server)
			deletes += plan.Deletes
			if err := part.carryOut(w, plan); err != nil {
				t.Fatal(err)
			}
			hidden := make(map[imap.UID]struct{})
			for _, uid := range translate.Members(plan.Hide) {
				hidden[uid] = struct{}{}
			}
			var err error
			if next[i], err = translate.NewMaildrop(w.listing(), translate.Known{UIDValidity: 7, Hidden: hidden}, part.policy); err != nil {
				t.Fatal(err)
			}
			for msg := range next[i].Messages {
				shown[w.source[msg.UID].name] = true
			}
		}
		want := make(map[string]bool)
		for _, part := range q.parts {
			for _, m := range part.world.source {
				if !m.kept[imap.FlagDeleted] && !part.marked[m.name] {
					want[m.name] = true
				}
			}
		}
		if !maps.Equal(shown, want) {
			t.Fatalf("the next login shows %v, want %v", slices.Sorted(maps.Keys(shown)), slices.Sorted(maps.Keys(want)))
		}
		if marked := q.merged.Marked(); marked != len(q.parts[0].marked) || deletes < marked {
			t.Fatalf("%d marked, %d deletions", marked, deletes)
		}
	})
}

// What is added to a plan, for messages that were filed elsewhere meanwhile, is as safe as
// the rest of it.
func TestAPlanAndAnotherAreSafe(t *testing.T) {
	checkEvery(t, func(t *rapid.T, q quitting) {
		if q.fatal() || len(q.marked) < 2 {
			return
		}
		w, before := q.world.clone(), q.world.clone()
		first, rest := imap.UIDSetNum(q.markedUIDs[0]), imap.UIDSetNum(q.markedUIDs[1:]...)
		plan := q.policy.Deletion(w.server, first).And(q.policy.Deletion(w.server, rest))
		if plan.Deletes != len(q.marked) {
			t.Fatalf("Deletes = %d for %d marks", plan.Deletes, len(q.marked))
		}
		for i, op := range plan.Ops {
			if err := w.do(op); err != nil {
				t.Fatalf("op %d %+v: %v", i, op, err)
			}
			q.checkUnmarked(t, before, w)
			after := w.clone()
			after.expungeAll()
			for name := range q.marked {
				if !after.holds(name) && !q.destroys() {
					t.Fatalf("%s is lost after op %d %+v", name, i, op)
				}
			}
		}
		if err := q.effect(w, plan); err != nil {
			t.Fatal(err)
		}
	})
}
