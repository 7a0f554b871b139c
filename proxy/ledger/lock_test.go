package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

func locks(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	lock := func(device string, l translate.Lock) backend.PageKey {
		k := key(device)
		k.Lock = l
		return k
	}
	k := lock("a", translate.LockDevice)
	k.Session, k.Client = "3x", "192.0.2.7"
	p := opens(t, s, k)
	_, err := s.OpenPage(ctx, lock("a", translate.LockDevice))
	if !refusedWith(err, translate.CodeInUse) || !strings.Contains(err.Error(), `session 3x (device "a") from 192.0.2.7, active `) {
		t.Errorf("the same device: %v", err)
	}
	other := opens(t, s, lock("b", translate.LockDevice))
	closes(t, other)
	closes(t, p)
	closes(t, p)
	p = opens(t, s, lock("a", translate.LockAccount))
	if _, err := s.OpenPage(ctx, lock("b", translate.LockAccount)); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("another device of a locked account: %v", err)
	}
	closes(t, opens(t, s, lock("a", translate.LockNone)))
	closes(t, p)
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("Record after Close: %v", err)
	}
	closes(t, opens(t, s, lock("b", translate.LockAccount)))
}

func aDisplacedSessionCommitsNothing(t *testing.T, at place) {
	s := at.open(t)
	k := key("")
	k.Takeover = time.Nanosecond
	told := make(chan struct{})
	k.Displaced = func() { close(told) }
	first := opens(t, s, k)
	knows(t, first, 7)
	records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	k.Displaced = nil
	second := opens(t, s, k)
	select {
	case <-told:
	case <-time.After(hang):
		t.Fatal("the displaced session was not told")
	}
	if err := first.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("Record: %v", err)
	}
	if err := first.Intend(t.Context(), translate.Intent{UIDValidity: 7}); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("Intend: %v", err)
	}
	if err := first.Relink(t.Context(), 9, nil, nil); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("Relink: %v", err)
	}
	closes(t, first)
	if k := knows(t, second, 7); len(k.Hidden) > 0 || k.Intent != nil {
		t.Errorf("known %+v", k)
	}
	k.Takeover = 0
	if _, err := s.OpenPage(context.Background(), k); !refusedWith(err, translate.CodeInUse) {
		t.Errorf("the end of the first session has freed the second one's lock: %v", err)
	}
	records(t, second, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
}

func anIntentIsShownOnlyAfterItsSession(t *testing.T, at place) {
	s := at.open(t)
	a, b := opens(t, s, key("a")), opens(t, s, key("b"))
	intent := translate.Intent{
		UIDValidity: 7, Plan: translate.Plan{Ops: []translate.Op{{Kind: translate.OpMove, UIDs: imap.UIDSetNum(3, 4, 5), To: "Trash"}}, Deletes: 3},
		Deletions: []translate.Deletion{{UID: 3, MessageID: "<x@example.org>", Action: translate.DeleteTrash}},
	}
	if err := a.Intend(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	if k := knows(t, b, 7); k.Intent != nil {
		t.Errorf("the intent of a session that lives is shown: %+v", k.Intent)
	}
	closes(t, a)
	if k := knows(t, b, 8); k.Intent != nil {
		t.Errorf("an intent is shown under another UIDVALIDITY: %+v", k.Intent)
	}
	elsewhere := key("c")
	elsewhere.Mailbox = "Junk"
	if k := knows(t, opens(t, s, elsewhere), 7); k.Intent != nil {
		t.Errorf("an intent is shown for another mailbox: %+v", k.Intent)
	}
	k := knows(t, b, 7)
	if k.Intent == nil || fmt.Sprintf("%+v", *k.Intent) != fmt.Sprintf("%+v", intent) {
		t.Fatalf("intent %+v, want %+v", k.Intent, intent)
	}
	settles(t, b, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Deletions: intent.Deletions})
	if k := knows(t, b, 7); k.Intent != nil {
		t.Errorf("a settled intent is shown: %+v", k.Intent)
	}
	if err := b.Intend(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	settles(t, b, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
	closes(t, b)
	if k := knows(t, opens(t, s, key("b")), 7); k.Intent != nil {
		t.Errorf("a session's own settled intent is shown: %+v", k.Intent)
	}
}
