package imapbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// seeking is a site whose maildrop has a search.
func seeking(t *testing.T, search string) *site {
	t.Helper()
	s := newSite(t)
	if err := s.drop.Search.UnmarshalText([]byte(search)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSeekInTheListingsFlight: the search goes behind the SELECT of the listing, and what it
// has found counts for that listing alone: a message that comes later would be missing.
func TestSeekInTheListingsFlight(t *testing.T) {
	s := seeking(t, "FROM shop SUBJECT order")
	s.server.Lie(liars.Always("SEARCH", liars.Say("* SEARCH 11 14\r\n{tag} OK done\r\n")))
	m := s.open()
	defer s.close(m)
	seek := func() {
		t.Helper()
		found, err := m.Seek(s.ctx, s.drop.Search)
		if err != nil || found.String() != "11,14" {
			t.Fatalf("found %v, %v", found, err)
		}
	}
	searches := func() (n int) {
		for _, c := range s.server.Commands() {
			if strings.HasPrefix(c, "UID SEARCH") {
				n++
			}
		}
		return n
	}
	l := s.list(m, translate.Listing{})
	commands := s.server.Commands()
	at := slices.IndexFunc(commands, func(c string) bool { return strings.HasPrefix(c, "SELECT") })
	if at < 0 || !strings.HasPrefix(commands[at+1], "UID SEARCH") {
		t.Errorf("the search does not go behind SELECT: %q", commands)
	}
	seek()
	if n := searches(); n != 1 {
		t.Errorf("%d searches, want the one behind SELECT", n)
	}
	seek()
	s.list(m, l)
	seek()
	if n := searches(); n != 3 {
		t.Errorf("%d searches, want one for each time that it has to be known anew", n)
	}
}

// TestSeekRefused: a server that refuses the search is asked which key it means; one that
// refuses everything for now is not believed.
func TestSeekRefused(t *testing.T) {
	for answer, says := range map[string]string{
		"NO [CANNOT] no search in texts": "refuses BODY invoice",
		"BAD what is that":               "refuses BODY invoice",
		"NO [UNAVAILABLE] later":         "",
	} {
		s := seeking(t, "FROM shop BODY invoice SEEN")
		s.server.Lie(liars.Always("BODY \"invoice\"", liars.Say("{tag} "+answer+"\r\n")), liars.Always("SEARCH", liars.Say("* SEARCH\r\n{tag} OK done\r\n")))
		m := s.open()
		s.list(m, translate.Listing{})
		_, err := m.Seek(s.ctx, s.drop.Search)
		var refusal *translate.Refusal
		switch {
		case err == nil || !errors.As(err, &refusal):
			t.Errorf("%s: %v", answer, err)
		case says == "" && refusal.Code != translate.CodeSysTemp:
			t.Errorf("%s: refused with %s: %v", answer, refusal.Code, err)
		case says != "" && (refusal.Code != translate.CodeSysPerm || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: refused with %s: %v; want it to say %s", answer, refusal.Code, err, says)
		}
		s.close(m)
	}
}

// TestSeekUnchanged: a poll searches no mailbox of which STATUS says that nothing has
// changed since it was searched, and searches again where something has.
func TestSeekUnchanged(t *testing.T) {
	s := seeking(t, "FROM shop SINCE 30d")
	s.server = liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE"}})
	s.mail.Address = s.server.Address()
	s.configure(256 << 20)
	s.drop.Mailbox = configs.Mailboxes{"INBOX", "Archive", "Trash"}
	var changes atomic.Int32 // of INBOX
	modSeq := func(x *liars.Exchange) string {
		if strings.Contains(x.Command, `"INBOX"`) {
			return fmt.Sprint(7 + changes.Load())
		}
		return "7"
	}
	s.server.Lie(
		liars.Always("SELECT", func(x *liars.Exchange) { x.Send("* OK [HIGHESTMODSEQ " + modSeq(x) + "] yes\r\n" + x.Carry()) }),
		liars.Always("STATUS", func(x *liars.Exchange) {
			x.Send(strings.Replace(x.Carry(), ")\r\n", " HIGHESTMODSEQ "+modSeq(x)+")\r\n", 1))
		}),
		liars.Always("FROM", liars.Say("* SEARCH 11\r\n{tag} OK done\r\n")))
	known := make([]translate.Listing, 3)
	poll := func() (selects, searches int) {
		t.Helper()
		n := s.said()
		m := s.open()
		defer s.close(m)
		shown, _ := m.Shown()
		for i, box := range shown {
			l, err := box.List(s.ctx, known[i])
			if err != nil {
				t.Fatal(err)
			}
			known[i] = l
		}
		for _, box := range shown {
			if found, err := box.Seek(s.ctx, s.drop.Search); err != nil || found.String() != "11" {
				t.Fatalf("found %v, %v", found, err)
			}
		}
		for _, c := range s.since(n) {
			switch {
			case strings.HasPrefix(c, "SELECT"):
				selects++
			case strings.HasPrefix(c, "UID SEARCH") && strings.Contains(c, "FROM"):
				searches++
			}
		}
		return selects, searches
	}
	if selects, searches := poll(); selects != 3 || searches != 3 {
		t.Errorf("the first poll took %d SELECTs and %d searches, want 3", selects, searches)
	}
	// The selected mailbox is asked, since STATUS does not speak of it.
	for range 2 {
		if selects, searches := poll(); selects != 0 || searches != 1 {
			t.Errorf("an unchanged poll took %d SELECTs and %d searches, want 0 and 1", selects, searches)
		}
	}
	changes.Add(1) // such as a flag that the search may look at; Trash was selected, and has to be again
	if selects, searches := poll(); selects != 2 || searches != 2 {
		t.Errorf("a poll after a change took %d SELECTs and %d searches, want 2 and 2", selects, searches)
	}
}
