package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

func works(t *testing.T, s *ledger.Store, account string) *progress.Lease {
	t.Helper()
	w, err := s.Progress.Lease(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func isAt(t *testing.T, s *ledger.Store, want translate.Placement) {
	t.Helper()
	got, err := s.Progress.Placement(context.Background(), alice)
	if err != nil || got != want {
		t.Errorf("placement is %+v, %v; want %+v", got, err, want)
	}
}

// An account is one worker's at a time, and served where its worker has said.
func anAccountIsMoved(t *testing.T, at place) {
	ctx := context.Background()
	serving := at.open(t)
	isAt(t, serving, translate.Placement{})
	if !at.lasts {
		if _, err := serving.Progress.Lease(ctx, alice); !errors.Is(err, ledger.ErrNeedsDisk) {
			t.Errorf("a ledger in memory says %v", err)
		}
		return
	}
	typed := command(t, at)
	heard := listens(t, serving)
	w := works(t, typed, alice)
	if _, err := serving.Progress.Lease(ctx, alice); !errors.Is(err, progress.ErrLeased) {
		t.Errorf("a second worker gets %v", err)
	}
	isAt(t, serving, translate.Placement{})
	done(t, w.Hold(ctx))
	heard.hears(t, events.Event{Kind: events.Held, Account: alice})
	isAt(t, serving, translate.Placement{Held: true})
	done(t, w.Move(ctx, "old", "new", "after", false))
	heard.hears(t, events.Event{Kind: events.Moved, Account: alice})
	isAt(t, serving, translate.Placement{Upstream: "new", Held: true})
	done(t, w.Release(ctx))
	isAt(t, serving, translate.Placement{Upstream: "new"})
	done(t, w.Close(ctx))
	if err := w.Hold(ctx); err == nil {
		t.Error("a worker that has closed can hold")
	}

	again := works(t, typed, alice)
	m, err := typed.Progress.MoveOf(ctx, alice)
	if err != nil || m.Origin != "old" || m.Upstream != "new" || m.Pending != "after" || !m.Working || m.Held || m.At.IsZero() {
		t.Errorf("the move is %+v, %v", m, err)
	}
	done(t, again.Done(ctx))
	done(t, again.Close(ctx))
	if m, err := typed.Progress.MoveOf(ctx, alice); err != nil || m.Pending != "" || m.Working || m.Returned {
		t.Errorf("afterwards the move is %+v, %v", m, err)
	}
	way := works(t, typed, alice)
	done(t, way.Move(ctx, "new", "old", "", true))
	done(t, way.Close(ctx))
	if list, err := typed.Progress.Moves(ctx); err != nil || len(list) != 1 || !list[0].Returned || list[0].Upstream != "old" {
		t.Errorf("after the way back the moves are %+v, %v", list, err)
	}
	forth := works(t, typed, alice)
	done(t, forth.Move(ctx, "old", "new", "", false))
	done(t, forth.Close(ctx))
	if m, err := typed.Progress.MoveOf(ctx, alice); err != nil || m.Returned {
		t.Errorf("after it was moved on it counts as back: %+v, %v", m, err)
	}

	other := works(t, typed, "bob@example.org")
	if list, err := typed.Progress.Moves(ctx); err != nil || len(list) != 2 {
		t.Errorf("%d accounts are moved or worked on (%v), want 2", len(list), err)
	}
	done(t, other.Close(ctx))
	if list, err := typed.Progress.Moves(ctx); err != nil || len(list) != 1 {
		t.Errorf("%d accounts are moved (%v), want 1", len(list), err)
	}
}

// What a worker that was killed has held is free when its time is over.
func aDeadWorkerHoldsNobody(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	ctx := context.Background()
	serving, typed := at.open(t), command(t, at)
	w := works(t, typed, alice)
	done(t, w.Hold(ctx))
	isAt(t, serving, translate.Placement{Held: true})
	ledger.Damage(t, typed, "UPDATE moves SET worker_until = 1")
	isAt(t, serving, translate.Placement{})
	next := works(t, typed, alice)
	isAt(t, serving, translate.Placement{})
	if err := w.Move(ctx, "old", "new", "", false); err == nil {
		t.Error("a worker moves an account that is another's")
	}
	if err := w.Close(ctx); err == nil {
		t.Error("a worker gives up what is another's")
	}
	done(t, next.Move(ctx, "old", "new", "", false))
	done(t, next.Close(ctx))
	isAt(t, serving, translate.Placement{Upstream: "new"})
}

func sessionsOfAHeldAccountAreCounted(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	ctx := context.Background()
	serving, typed := at.open(t), command(t, at)
	counts := func(want int) {
		t.Helper()
		if got, err := typed.Events.Sitting(ctx, alice); err != nil || got != want {
			t.Errorf("%d sessions (%v), want %d", got, err, want)
		}
	}
	done(t, serving.Events.Sit(ctx, alice, 3))
	done(t, serving.Events.Sit(ctx, "bob@example.org", 9))
	counts(3)
	done(t, typed.Events.Sit(ctx, alice, 4)) // as another proxy would
	counts(7)
	done(t, serving.Events.Sit(ctx, alice, 0))
	counts(4)
	ledger.Damage(t, typed, "UPDATE sittings SET at = 1")
	counts(0)
}

func milestonesAreKept(t *testing.T, at place) {
	ctx := context.Background()
	s := at.open(t)
	if !at.lasts {
		if err := s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Verified}); !errors.Is(err, ledger.ErrNeedsDisk) {
			t.Errorf("a ledger in memory says %v", err)
		}
		return
	}
	began := time.Now().Add(-time.Minute)
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Verified, Note: "not ready: 3 unmatched"}))
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Verified, Good: true, Note: "ready"}))
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: "b\xffb", Step: progress.Harvested, Good: true}))
	all, err := s.Progress.Milestones(ctx)
	slices.SortFunc(all, func(a, b progress.Milestone) int { return strings.Compare(a.Account, b.Account) })
	if err != nil || len(all) != 2 || all[1].Account != "b\xffb" || all[1].Step != progress.Harvested {
		t.Fatalf("all milestones are %+v, %v", all, err)
	}
	if m := all[0]; m.Account != alice || m.Step != progress.Verified || !m.Good || m.Note != "ready" || m.At.Before(began) {
		t.Errorf("the account's milestone is %+v", m)
	}
	// A failure stands beside what holds, and goes when the step is done.
	failed := func() (notes []string) {
		all, err := s.Progress.Milestones(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.Account == alice && m.Step == progress.Verified {
				notes = append(notes, fmt.Sprint(m.Failed, " ", m.Good, " ", m.Note))
			}
		}
		slices.Sort(notes)
		return notes
	}
	done(t, s.Progress.SaveFailure(ctx, alice, progress.Verified, "connection refused"))
	if got := failed(); !slices.Equal(got, []string{"false true ready", "true false connection refused"}) {
		t.Errorf("with a failure: %q", got)
	}
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Verified, Good: true, Note: "ready again"}))
	if got := failed(); !slices.Equal(got, []string{"false true ready again"}) {
		t.Errorf("done again: %q", got)
	}
}

// stagesAreCounted: how far accounts have come, an old server's mailboxes included
// that nobody was served from.
func stagesAreCounted(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	ctx := context.Background()
	s := at.open(t)
	old := translate.Box{Upstream: "old", Login: alice, Mailbox: "INBOX"}
	inventory, err := s.Mailboxes.LoadInventory(ctx, old)
	if err == nil {
		_, err = s.Mailboxes.SaveInventory(ctx, inventory, translate.MailboxFacts{UIDValidity: 1, Listing: listing(1, 1, 2, 300)})
	}
	if err != nil {
		t.Fatal(err)
	}
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Matched, Good: true}))
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: "bob@example.org", Step: progress.Matched, Note: "3 not on the new server"}))
	// What could not be done again still holds, and is one problem, however often.
	done(t, s.Progress.SaveMilestone(ctx, progress.Milestone{Account: alice, Step: progress.Harvested, Good: true}))
	for _, account := range []string{alice, alice, "bob@example.org"} {
		done(t, s.Progress.SaveFailure(ctx, account, progress.Harvested, "connection refused"))
	}
	done(t, s.Progress.SaveFailure(ctx, "bob@example.org", progress.Matched, "connection refused"))
	done(t, s.Progress.SaveFailure(ctx, "bob@example.org", progress.MovedTo, "connection refused"))
	done(t, s.Progress.SaveFailure(ctx, alice, progress.MovedTo, "connection refused"))
	done(t, s.Progress.ClearFailure(ctx, alice, progress.MovedTo))
	for account, to := range map[string]string{alice: "new", "bob@example.org": "old"} {
		w := works(t, s, account)
		done(t, w.Move(ctx, "elsewhere", to, "", false))
		done(t, w.Close(ctx))
	}
	stages, err := s.Progress.Stages(ctx, []string{"old"})
	want := []progress.Stage{{Step: progress.Learned, Good: 1}, {Step: progress.Harvested, Good: 1, Problems: 2}, {Step: progress.Matched, Good: 1, Problems: 1}, {Step: progress.Verified}, {Step: progress.MovedTo, Good: 1, Problems: 1}}
	if err != nil || !slices.Equal(stages, want) {
		t.Errorf("the stages are %+v, %v; want %+v", stages, err, want)
	}
}

// whatDevicesKnowIsShown: what commands compare is what devices see, and of a
// mailbox that devices know from elsewhere there is nothing.
func whatDevicesKnowIsShown(t *testing.T, at place) {
	ctx := context.Background()
	s := at.open(t)
	k := key("")
	box := translate.Box{Upstream: k.Upstream, Login: k.Login, Mailbox: k.Mailbox}
	p := opens(t, s, k)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2), Octets: map[imap.UID]int64{1: 999}}, Pins: map[imap.UID]string{2: "pinned"}, Hide: imap.UIDSetNum(1), Formats: []translate.Span{{From: 1}}})
	known, served, err := s.Shown(ctx, k.Account, k.Maildrop, box, 7)
	if err != nil || !served || known.UniqueIDs[2] != "pinned" || known.Octets[1] != 999 || len(known.Formats) != 1 || len(known.Hidden) != 0 {
		t.Errorf("shown is %+v, %t, %v", known, served, err)
	}
	for name, validity := range map[string]uint32{"default": 8, "other": 7} {
		if known, served, err := s.Shown(ctx, k.Account, name, box, validity); err != nil || served || len(known.UniqueIDs) != 0 {
			t.Errorf("maildrop %s under UIDVALIDITY %d: %+v, %t, %v", name, validity, known, served, err)
		}
	}
}
