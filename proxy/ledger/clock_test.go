package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// ahead moves times in the ledger by an hour into the future, as a clock that is
// set right later leaves them.
func ahead(t *testing.T, s *ledger.Store, table, column string) {
	t.Helper()
	ledger.Damage(t, s, fmt.Sprintf("UPDATE %s SET %[2]s = %[2]s + 3600000", table, column))
}

// A command, a proxy's word and a question that have died while the clock was ahead
// are dead now, not in an hour.
func aClockThatWasAheadHoldsNobody(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	ctx := context.Background()
	serving, typed := at.open(t), command(t, at)
	w := works(t, typed, alice)
	done(t, w.Hold(ctx))
	ahead(t, typed, "moves", "worker_until")
	isAt(t, serving, translate.Placement{})
	if m, err := typed.Progress.MoveOf(ctx, alice); err != nil || m.Working || m.Held {
		t.Errorf("a dead worker is at work: %+v, %v", m, err)
	}
	done(t, works(t, typed, alice).Close(ctx))
	_ = w.Close(ctx) // its account has passed to another

	w = works(t, typed, "dan@example.org")
	ahead(t, typed, "moves", "worker_until")
	done(t, w.Hold(ctx)) // this one lives, and says the time of now again
	if _, err := typed.Progress.Lease(ctx, "dan@example.org"); !errors.Is(err, progress.ErrLeased) {
		t.Errorf("the account of a command that lives: %v", err)
	}
	done(t, w.Close(ctx))

	done(t, serving.Events.Sit(ctx, alice, 3))
	ahead(t, typed, "sittings", "at")
	if n, err := typed.Events.Sitting(ctx, alice); n != 0 || err != nil {
		t.Errorf("%d sessions of a dead proxy are counted, %v", n, err)
	}

	ledger.Damage(t, typed, "INSERT INTO questions (id, at) VALUES ('old', 9000000000000)")
	asks(t, typed, alice, time.Nanosecond)
	if n := ledger.Rows(t, typed, "questions"); n != 0 {
		t.Errorf("%d questions of dead commands are left", n)
	}
}

// What was written while the clock was ahead does not stand before what is written
// since: last logins, lines of the journal, changes that others have to hear of.
func aClockThatWasAheadHidesNothing(t *testing.T, at place) {
	ctx := context.Background()
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
	closes(t, p)
	ledger.Damage(t, s, "UPDATE page_devices SET last_login = last_login + 7200000")
	writes := ledger.Writes(s)
	p = opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
	if ledger.Writes(s) != writes+1 {
		t.Error("a login is not noted, since the last one seems to be still to come")
	}

	var lines []translate.Deletion
	for n := range 1500 {
		d := translate.Deletion{UIDValidity: 7, UID: imap.UID(n + 1), At: time.Now().Add(1000 * time.Hour), Action: translate.DeleteTrash}
		if n >= 1200 {
			d.At = time.Now().Add(-1000 * time.Hour)
		}
		lines = append(lines, d)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Deletions: lines})
	if n, err := s.SweepJournal(ctx, time.Now().Add(-time.Hour)); n != 300 || err != nil {
		t.Errorf("%d old lines were removed from behind those of a clock that was ahead, %v; want 300", n, err)
	}
	if !at.lasts {
		return
	}
	done(t, s.Events.Publish(ctx, events.Event{Kind: events.Kick, Account: alice}))
	ledger.Damage(t, s, "UPDATE changes SET at = 1") // long ago for a machine whose clock is ahead
	done(t, s.Events.Publish(ctx, events.Event{Kind: events.Kick, Account: "bob@example.org"}))
	if n := ledger.Rows(t, s, "changes"); n != 2 {
		t.Errorf("%d changes are left, want 2", n)
	}
}
