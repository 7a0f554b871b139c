package liars_test

import (
	"strings"
	"testing"

	"popbridge/proxy/imap"
	"popbridge/tests/liars"
)

// TestNoRoomInTrash: a mailbox over quota whose bin takes nothing is not jammed: what
// is deleted is removed, unless its operator has said that it is to be kept then. What
// is refused for another reason, by its code or without a word, is never removed.
func TestNoRoomInTrash(t *testing.T) {
	move, plus := []string{"UIDPLUS", "MOVE"}, []string{"UIDPLUS"}
	over, said := "[OVERQUOTA] ", "Quota exceeded (mailbox for user is full) "
	refuse := func(verb, text string) []liars.Rule { return []liars.Rule{liars.Always(verb, liars.No(text))} }
	keep := actor{drop: "trash-keep"}
	tests := map[string]struct {
		actor
		caps  []string
		rules []liars.Rule
		quit  string
	}{
		"MOVE":                 {actor{}, move, refuse("UID MOVE", over), "+OK"},
		"COPY":                 {actor{}, plus, refuse("UID COPY", over), "+OK"},
		"small letters":        {actor{}, move, refuse("UID MOVE", "[overquota] "), "+OK"},
		"without UIDPLUS":      {actor{}, nil, refuse("UID COPY", over), "+OK"},
		"in words":             {actor{}, move, refuse("UID MOVE", said), "+OK"},
		"archive":              {actor{drop: "archive"}, move, refuse("UID MOVE", over), perm},
		"no right":             {actor{}, move, refuse("UID MOVE", "[NOPERM] "), perm},
		"no right, quota":      {actor{}, move, refuse("UID MOVE", "[NOPERM] no quota root "), perm},
		"rate limit":           {actor{}, move, refuse("UID MOVE", "[LIMIT] Rate limit hit "), temp},
		"rate limit, quota":    {actor{}, move, refuse("UID MOVE", "[LIMIT] Command quota exceeded "), temp},
		"refused":              {actor{}, move, refuse("UID MOVE", ""), temp},
		"MOVE, keep":           {keep, move, refuse("UID MOVE", over), perm},
		"COPY, keep":           {keep, plus, refuse("UID COPY", over), perm},
		"in words, keep":       {keep, move, refuse("UID MOVE", said), perm},
		"not to be made":       {actor{}, move, refuse("CREATE", over), "+OK"},
		"not to be made, COPY": {actor{}, plus, refuse("CREATE", over), "+OK"},
		"not to be made, keep": {keep, move, refuse("CREATE", over), perm},
	}
	var actors []*actor
	byName := make(map[string]*actor)
	for name, test := range tests {
		a := test.actor
		a.server = liars.New(t, liars.Options{Caps: test.caps})
		if strings.HasPrefix(name, "not to be made") {
			a.server.Mail(func(m *liars.Mail) { m.Boxes = append(m.Boxes[:1], m.Boxes[2:]...) })
		}
		byName[name], actors = &a, append(actors, &a)
	}
	s := newStage(t, actors)
	t.Run("quit", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := byName[name]
				a.server.Lie(test.rules...)
				for range 2 { // the mailbox is not jammed, and says the same again
					d := s.login(t, a)
					d.OK("DELE 2")
					reply, _ := d.command("QUIT", false)
					if !strings.HasPrefix(reply, test.quit) {
						t.Errorf("QUIT: %q, want %q", reply, test.quit)
					}
				}
				others(t, a, 12, 14)
				a.server.Mail(func(m *liars.Mail) {
					left := m.Inbox().Find(12)
					if away := left == nil || left.Has(`\Deleted`); away != (test.quit == "+OK") {
						t.Errorf("UID 12 is %+v", left)
					}
				})
			})
		}
	})
	s.AwaitLine(byName["MOVE, keep"].user(), "[ERROR]", `make room for the account upstream, or write trash_full = "expunge"`)
	for _, name := range []string{"MOVE", "COPY", "in words", "not to be made"} {
		s.AwaitLine(byName[name].user(), "[WARN]", `Trash accepts nothing, so 1 deleted message was expunged for good; trash_full = "keep" would refuse`)
	}
	for _, line := range strings.Split(s.Output(), "\n") {
		for name, test := range tests {
			if strings.Contains(line, "expunged for good") && test.quit != "+OK" && strings.Contains(line, byName[name].user()) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
	if log := s.Output(); strings.Contains(log, "interrupted QUIT") {
		t.Error("a QUIT that was refused is taken for one that was interrupted")
	}
}

// TestTheBinByItsName: a bin that no attribute tells is known by the name that it
// has in its owner's language, and no second one is made.
func TestTheBinByItsName(t *testing.T) {
	t.Parallel()
	type bin struct {
		*actor
		name string
	}
	var actors []*actor
	var bins []bin
	for _, name := range []string{
		"Deleted Items", "Papierkorb", "Gelöschte Objekte", "Corbeille", "Éléments supprimés", "Papelera", "Cestino", "Lixeira", "Itens Excluídos",
		"Prullenbak", "Kosz", "Корзина", "Удаленные", "Koš", "Papperskorgen", "ゴミ箱", "已删除邮件", "INBOX.Papierkorb", "INBOX/corbeille",
	} {
		wire, err := imap.EncodeMailbox(name)
		if err != nil {
			t.Fatal(err)
		}
		a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})}
		a.server.Mail(func(m *liars.Mail) { m.Box("Trash").Name, m.Box("Trash").Use = wire, "" })
		actors, bins = append(actors, a), append(bins, bin{a, wire})
	}
	archive := &actor{drop: "archive", server: liars.New(t, liars.Options{Caps: []string{"MOVE"}})}
	archive.server.Mail(func(m *liars.Mail) { m.Box("Archive").Name, m.Box("Archive").Use = "Archiv", "" })
	deep := &actor{server: liars.New(t, liars.Options{Caps: []string{"MOVE"}})}
	deep.server.Mail(func(m *liars.Mail) { m.Box("Trash").Name, m.Box("Trash").Use = "Projects/Kosz", "" })
	s := newStage(t, append(actors, archive, deep))
	for _, b := range append(bins, bin{archive, "Archiv"}) {
		d := s.login(t, b.actor)
		d.OK("DELE 2")
		d.Quit()
		b.server.Mail(func(m *liars.Mail) {
			if box := m.Box(b.name); len(box.Messages) != 2 || len(m.Boxes) != 3 {
				t.Errorf("%s holds %q, beside %d others", b.name, texts(box), len(m.Boxes)-1)
			}
		})
	}
	d := s.login(t, deep)
	d.OK("DELE 2")
	d.Quit()
	deep.server.Mail(func(m *liars.Mail) {
		if m.Box("Trash") == nil || len(m.Box("Projects/Kosz").Messages) != 1 {
			t.Error("a mailbox of any name deep down is taken for the bin")
		}
	})
}
