package imap

import (
	"errors"
	"fmt"
	"testing"
)

const surveyed = "S: * OK [CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED] hi\n"

// said is what a survey has told, for comparison.
func said(told []*Status) string {
	text := ""
	for _, s := range told {
		if s == nil {
			text += "[nothing]"
			continue
		}
		text += fmt.Sprintf("[%d below %d of %d at %d]", s.Messages, s.UIDNext, s.UIDValidity, s.HighestModSeq)
	}
	return text
}

// All commands are sent before the first answer is awaited.
func TestSurvey(t *testing.T) {
	c := dial(t, Options{}, surveyed+`
	C: A1 NOOP
	C: A2 LIST "" "*" RETURN (SPECIAL-USE)
	C: A3 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)
	C: A4 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)
	S: A1 OK
	S: * LIST (\Junk) "/" Spam
	S: A2 OK
	S: * STATUS Orders (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 55)
	S: A3 OK
	S: * STATUS "inbox" (UIDVALIDITY 8 MESSAGES 0 UIDNEXT 1 HIGHESTMODSEQ 0)
	S: A4 OK`)
	boxes, told, err := c.Survey(ctx, SurveyOptions{Noop: true, List: true, SpecialUse: true, ModSeq: true}, []string{"Orders", "INBOX"})
	check(t, err)
	if len(boxes) != 1 || boxes[0].Name != "Spam" {
		t.Errorf("mailboxes %+v", boxes)
	}
	if got, want := said(told), "[3 below 9 of 7 at 55][0 below 1 of 8 at 0]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// One mailbox of which the server says nothing, or speaks of another one, keeps it from
// telling of the others. A name that needs a literal is not asked for.
func TestSurveyOfSome(t *testing.T) {
	c := dial(t, Options{}, surveyed+`
	C: A1 STATUS "Gone" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A2 STATUS "Other" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A3 STATUS "Mute" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A4 STATUS "Without" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A5 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY)
	S: A1 NO [NONEXISTENT] no such mailbox
	S: * STATUS Elsewhere (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)
	S: A2 OK
	S: A3 OK
	S: * STATUS Without (MESSAGES 3 UIDNEXT 9)
	S: A4 OK
	S: * STATUS Orders (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)
	S: A5 OK`)
	_, told, err := c.Survey(ctx, SurveyOptions{}, []string{"Gone", "Other", "Mute", "Without", "Gr\xfcn", "Orders"})
	check(t, err)
	if got, want := said(told), "[nothing][nothing][nothing][nothing][nothing][3 below 9 of 7 at 0]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// What is in flight behind a refusal is read, so that the connection can be used.
func TestSurveyRefused(t *testing.T) {
	for name, c := range map[string]struct {
		o      SurveyOptions
		script string
		status string
		next   string // the tag of what follows
	}{
		"LIST": {SurveyOptions{List: true}, `
	C: A1 LIST "" "*"
	C: A2 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY)
	S: A1 NO [SERVERBUG] not now
	S: * STATUS Orders (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)
	S: A2 OK`, "SERVERBUG", "A3"},
		"NOOP": {SurveyOptions{List: true, Noop: true}, `
	C: A1 NOOP
	C: A2 LIST "" "*"
	C: A3 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY)
	S: A1 NO [UNAVAILABLE] not now
	S: A2 NO nor this
	S: A3 NO nor that`, "UNAVAILABLE", "A4"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, Options{}, surveyed+c.script+"\n\tC: "+c.next+" NOOP\n\tS: "+c.next+" OK")
			_, told, err := conn.Survey(ctx, c.o, []string{"Orders"})
			wantStatus(t, err, "NO", c.status)
			if told != nil {
				t.Errorf("told %s", said(told))
			}
			check(t, conn.Noop(ctx))
		})
	}
}

// A connection that ends in the middle is one for a new attempt.
func TestSurveyCut(t *testing.T) {
	c := dial(t, Options{}, surveyed+`
	C: A1 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A2 STATUS "Faxes" (MESSAGES UIDNEXT UIDVALIDITY)
	S: * STATUS Orders (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)
	S: A1 OK
	CUT`)
	var refused *StatusError
	if _, told, err := c.Survey(ctx, SurveyOptions{}, []string{"Orders", "Faxes"}); err == nil || errors.As(err, &refused) || told != nil || c.Err() == nil {
		t.Errorf("told %s, %v; the connection: %v", said(told), err, c.Err())
	}
}

// Mailboxes are visited in the flight of their STATUS; one that cannot be selected, or
// searched, is told of without that, and the last one stays selected.
func TestSurveyVisits(t *testing.T) {
	c := dial(t, Options{}, surveyed+`
	C: A1 STATUS "Orders" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A2 SELECT "Orders"
	C: A3 UID SEARCH DELETED
	C: A4 STATUS "Gone" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A5 SELECT "Gone"
	C: A6 UID SEARCH DELETED
	C: A7 STATUS "Faxes" (MESSAGES UIDNEXT UIDVALIDITY)
	C: A8 SELECT "Faxes"
	C: A9 UID SEARCH DELETED
	S: * STATUS Orders (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)
	S: A1 OK
	S: * 3 EXISTS
	S: * OK [UIDVALIDITY 7] yes
	S: A2 OK [READ-WRITE] done
	S: * SEARCH 8 4
	S: A3 OK
	S: A4 NO
	S: A5 NO
	S: A6 BAD nothing is selected
	S: * STATUS Faxes (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8)
	S: A7 OK
	S: * 1 EXISTS
	S: * OK [UIDVALIDITY 8] yes
	S: A8 OK done
	S: * 2 EXISTS
	S: A9 NO not now
	C: A10 NOOP
	S: A10 OK`)
	var search Criteria
	search.Word("DELETED")
	_, told, err := c.Survey(ctx, SurveyOptions{Visit: &search}, []string{"Orders", "Gone", "Faxes"})
	check(t, err)
	if got, want := said(told), "[3 below 9 of 7 at 0][nothing][1 below 2 of 8 at 0]"; got != want {
		t.Fatalf("told %s, want %s", got, want)
	}
	if v := told[0].Visited; v == nil || v.Messages != 3 || v.UIDValidity != 7 || v.Found == nil || v.Found.String() != "4,8" {
		t.Errorf("Orders: %+v", v)
	}
	if v := told[2].Visited; v == nil || v.Messages != 1 || v.Found != nil {
		t.Errorf("Faxes: %+v", v)
	}
	if ch := c.Changes(); ch.Exists != 2 || !ch.Dirty {
		t.Errorf("of the last one it was told %+v", ch)
	}
	check(t, c.Noop(ctx))
}
