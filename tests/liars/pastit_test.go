package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// all8 is an INBOX with eight messages that devices see, so that some are read ahead.
func all8() *liars.Mailbox {
	b := liars.NewMail().Inbox()
	for n := range 4 {
		b.Add(fmt.Sprintf("Message-ID: <more%d@x.test>\r\nSubject: more\r\n\r\none of four\r\n", n))
	}
	return b
}

// TestDownloadsPastABadOne: a device that downloads and deletes gets every message but the
// one that the server cannot give, in one session, wherever that one is and whatever the
// server says or does behind those that are good.
func TestDownloadsPastABadOne(t *testing.T) {
	t.Parallel()
	const no, unavailable = "{tag} NO [SERVERBUG] " + liars.Words + "\r\n", "{tag} NO [UNAVAILABLE] FETCH Server error " + liars.Words + "\r\n"
	ways := map[string]struct {
		says   string // in the place of the bad message and of all behind it
		closes bool
	}{
		"NO":                 {no, false},
		"NO [UNAVAILABLE]":   {unavailable, false},
		"BAD":                {"{tag} BAD " + liars.Words + "\r\n", false},
		"OK":                 {"{tag} OK done\r\n", false},
		"NIL, then NO":       {"* 1 FETCH (UID %d BODY[] NIL)\r\n" + no, false},
		"BYE":                {"* BYE " + liars.Words + "\r\n", true},
		"hangs up":           {"", true},
		"half of its body":   {"* 1 FETCH (UID %d BODY[] {500}\r\nSubject: ", true},
		"the literal, alone": {"* 1 FETCH (UID %d BODY[] {500}\r\n", true},
	}
	type bad struct {
		*actor
		uid int
		way string
	}
	var all []bad
	var actors []*actor
	for way, w := range ways {
		for _, uid := range []int{11, 14, 20, 22, 24} {
			a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}}), drop: "expunge", reuse: "5m"}
			a.server.Mail(func(m *liars.Mail) { *m.Inbox() = *all8() })
			a.server.Lie(liars.Always("BODY.PEEK[]", func(x *liars.Exchange) {
				honest := x.Carry()
				before, _, means := strings.Cut(honest, fmt.Sprintf("(UID %d ", uid))
				if !means {
					x.Send(honest)
					return
				}
				says := w.says
				if strings.Contains(says, "%d") {
					says = fmt.Sprintf(says, uid)
				}
				x.Send(before[:strings.LastIndex(before, "* ")] + says)
				if w.closes {
					x.Close()
				}
			}))
			all, actors = append(all, bad{a, uid, way}), append(actors, a)
		}
	}
	s := newStage(t, actors)
	for _, b := range all {
		t.Run(fmt.Sprintf("%s at UID %d", b.way, b.uid), func(t *testing.T) {
			got := make(map[string]int)
			d := s.login(t, b.actor)
			for number := range d.Lines("LIST") {
				answer, whole := d.command(fmt.Sprintf("RETR %d", number+1), true)
				if _, text, _ := strings.Cut(answer, "\r\n"); whole && strings.HasPrefix(answer, "+OK") {
					got[text]++
					d.OK(fmt.Sprintf("DELE %d", number+1))
				}
			}
			if answer, _ := d.command("QUIT", false); !strings.HasPrefix(answer, "+OK") {
				t.Errorf("QUIT: %q", answer)
			}
			b.server.Mail(func(m *liars.Mail) {
				for _, old := range all8().Messages {
					left := m.Inbox().Find(old.UID) != nil
					if want := int(old.UID) == b.uid || old.UID == liars.Bystander; left != want {
						t.Errorf("UID %d is in the mailbox: %v, want %v", old.UID, left, want)
					}
					want := 1
					if int(old.UID) == b.uid || old.UID == liars.Bystander {
						want = 0
					}
					if n := got[stuffed(old.Text)+".\r\n"]; n != want {
						t.Errorf("UID %d was downloaded %d times, want %d", old.UID, n, want)
					}
				}
			})
			polite(t, b.actor)
		})
	}
	// Programs that watch the log know a batch that was cut by these words.
	s.AwaitLine("[INFO]", "a batch of messages was broken off by the upstream")
}
