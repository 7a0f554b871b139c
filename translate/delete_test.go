package translate_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// Each prefix of a plan, and another client's EXPUNGE right after it, loses no
// message and touches no unmarked one. A login that Policy.Unsupported refuses has no plan.
func TestNoPrefixOfAPlanLosesMail(t *testing.T) {
	checkEvery(t, func(t *rapid.T, q quitting) {
		if q.fatal() {
			return
		}
		w, before := q.world.clone(), q.world.clone()
		for i, op := range q.drop.Plan(w.server).Ops {
			if err := w.do(op); errors.Is(err, errPlain) {
				t.Fatal(err)
			} else if err != nil && !op.Optional {
				t.Fatalf("%s on %+v: op %d %+v: %v", q.policy.OnDelete, w.server, i, op, err)
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
	})
}

// checkUnmarked compares what the device did not mark with what it was: \Seen on
// what was retrieved is the only change that is allowed.
func (q quitting) checkUnmarked(t *rapid.T, before, after *world) {
	for uid, was := range before.source {
		if q.marked[was.name] {
			continue
		}
		is := after.source[uid]
		if is == nil {
			t.Fatalf("unmarked %s is no longer in the mailbox", was.name)
		}
		for _, flag := range []imap.Flag{imap.FlagDeleted, translate.KeywordDeleted, imap.FlagSeen} {
			seen := flag == imap.FlagSeen && q.retrieved[was.name] && q.policy.OnRetrieve == translate.RetrieveSeen
			if is.kept[flag] != was.kept[flag] && !seen {
				t.Fatalf("unmarked %s got %s", was.name, flag)
			}
		}
		for box, names := range after.copies {
			if names[was.name] {
				t.Fatalf("unmarked %s was copied to %s", was.name, box)
			}
		}
	}
}

// The complete plan does what the operator chose, and Policy.Unsupported refuses a login
// exactly where it could not.
func TestACompletePlanKeepsItsPromiseOrIsRefused(t *testing.T) {
	checkEvery(t, func(t *rapid.T, q quitting) {
		if len(q.marked) == 0 {
			return
		}
		w := q.world.clone()
		plan := q.drop.Plan(w.server)
		if plan.Deletes != len(q.marked) {
			t.Fatalf("Deletes = %d for %d marks", plan.Deletes, len(q.marked))
		}
		broken := q.carryOut(w, plan)
		if broken == nil {
			broken = q.effect(w, plan)
		}
		if (broken != nil) != q.fatal() {
			t.Fatalf("%s on %+v: fatal is %v, and the promise: %v", q.policy.OnDelete, w.server, q.fatal(), broken)
		}
	})
}

func (q quitting) carryOut(w *world, plan translate.Plan) error {
	for _, op := range plan.Ops {
		if err := w.do(op); err != nil && !op.Optional {
			return err
		}
	}
	return nil
}

// effect gives what is wrong with the world after QUIT.
func (q quitting) effect(w *world, plan translate.Plan) error {
	hidden := make(map[imap.UID]struct{})
	for _, uid := range q.markedUIDs {
		if plan.Hide.Contains(uid) {
			hidden[uid] = struct{}{}
		}
	}
	next, err := translate.NewMaildrop(w.listing(), translate.Known{UIDValidity: 7, Hidden: hidden}, q.policy)
	if err != nil {
		return err
	}
	shown := make(map[string]bool)
	for msg := range next.Messages {
		shown[w.source[msg.UID].name] = true
	}
	if want := q.drop.Len() - len(q.marked); len(shown) != want {
		return fmt.Errorf("the next login shows %d messages, not %d", len(shown), want)
	}
	for name := range q.marked {
		if shown[name] {
			return fmt.Errorf("%s is shown again", name)
		}
		if err := q.effectOn(w, name); err != nil {
			return err
		}
	}
	return nil
}

func (q quitting) effectOn(w *world, name string) error {
	var in *stored
	for _, m := range w.source {
		if m.name == name {
			in = m
		}
	}
	switch expunges := w.server.Caps.Has(imap.CapUIDPlus); {
	case q.destroys():
		if expunges != w.expunged[name] || !expunges && !in.kept[imap.FlagDeleted] {
			return fmt.Errorf("%s is not removed", name)
		}
	case q.policy.OnDelete == translate.DeleteTrash && !w.copies[trash][name],
		q.policy.OnDelete == translate.DeleteArchive && !w.copies[archive][name]:
		return fmt.Errorf("%s is not where it should be", name)
	case q.policy.OnDelete == translate.DeleteFlag && (in == nil || !in.kept[translate.KeywordDeleted]),
		q.policy.OnDelete == translate.DeleteHide && (in == nil || in.kept[imap.FlagDeleted]):
		return fmt.Errorf("%s did not stay", name)
	}
	return nil
}

// A session without QUIT has at most one op: \Seen, for what was retrieved.
func TestASessionWithoutQUITNeverDeletes(t *testing.T) {
	checkEvery(t, func(t *rapid.T, q quitting) {
		plan := q.drop.SeenPlan(q.world.server)
		if plan.Deletes != 0 || len(plan.Hide) != 0 || len(plan.Ops) > 1 {
			t.Fatalf("%+v", plan)
		}
		w := q.world.clone()
		if err := q.carryOut(w, plan); err != nil {
			t.Fatal(err)
		}
		for uid, was := range q.world.source {
			want := maps.Clone(was.kept)
			if len(plan.Ops) > 0 && q.retrieved[was.name] && !w.moody {
				want[imap.FlagSeen] = true
			}
			if got := w.source[uid]; got == nil || !maps.Equal(got.kept, want) {
				t.Fatalf("%s: %v, want flags %v", was.name, got, want)
			}
		}
	})
}
