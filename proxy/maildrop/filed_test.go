package maildrop_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/maildrop"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// listed gives the texts of a maildrop by unique-id, in its order.
func listed(t *testing.T, d *maildrop.Maildrop) (ids []string, texts map[string]string) {
	t.Helper()
	texts = make(map[string]string)
	for msg := range d.Messages {
		id := string(d.AppendUniqueID(nil, msg.Number))
		var b bytes.Buffer
		if err := d.Fetch(t.Context(), msg, &b); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if _, twice := texts[id]; twice {
			t.Errorf("%s is listed twice", id)
		}
		ids, texts[id] = append(ids, id), b.String()
	}
	return ids, texts
}

// session is a login that looks at everything.
func (s *site) session() (ids []string, texts map[string]string) {
	s.t.Helper()
	d := s.mustOpen()
	defer d.Close()
	return listed(s.t.(*testing.T), d)
}

const order = "Message-ID: <order@x.test>\r\nSubject: an order\r\n\r\nin Orders\r\n"

// A message that somebody moves between two mailboxes while a login lists them, one after
// the other, is listed once and under its unique-id, whichever way it goes: a program
// would forget what is not listed, and download it again.
func TestFiledWhileALoginLists(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		on       string // when Orders comes to be listed
		come     bool   // something has, so that Orders is not as it was
	}{
		"into what was listed":                   {"Orders", "INBOX", `SELECT "Orders"`, true},
		"out of what was listed":                 {"INBOX", "Orders", `SELECT "Orders"`, true},
		"into what was listed, after its STATUS": {"Orders", "INBOX", `STATUS "Orders"`, false},
		"out of what was listed, by STATUS":      {"INBOX", "Orders", `STATUS "Orders"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
			text := order
			if c.from == "INBOX" {
				text = liars.NewMail().Inbox().Messages[1].Text
			}
			ids, texts := s.session()
			slices.Sort(ids)
			if c.come {
				s.server.Mail(func(m *liars.Mail) { m.Box("Orders").Add("Message-ID: <other@x.test>\r\n\r\nanother\r\n") })
			}
			s.server.Lie(liars.Once(c.on, func(x *liars.Exchange) {
				s.server.Mail(func(m *liars.Mail) { file(m, text, c.from, c.to) })
				x.Send(x.Carry())
			}))
			now, held := s.session()
			now = slices.DeleteFunc(now, func(id string) bool { return strings.HasSuffix(held[id], "another\r\n") })
			if slices.Sort(now); !slices.Equal(now, ids) {
				t.Errorf("listed %q, before %q", now, ids)
			}
			for id, text := range texts {
				if held[id] != text {
					t.Errorf("%s is %q, and was %q", id, held[id], text)
				}
			}
		})
	}
}

// What somebody files into another shown mailbox during a session can be retrieved all the
// same, its top too, and deleted; what was read is read there.
func TestFiledDuringASession(t *testing.T) {
	s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
	s.request.Target.Maildrop.OnRetrieve = translate.RetrieveSeen
	texts := []string{liars.NewMail().Inbox().Messages[0].Text, liars.NewMail().Inbox().Messages[1].Text}
	d := s.mustOpen()
	ids := []string{string(d.AppendUniqueID(nil, 1)), string(d.AppendUniqueID(nil, 2))}
	s.server.Mail(func(m *liars.Mail) {
		for _, text := range texts {
			file(m, text, "INBOX", "Orders")
		}
	})
	for i, text := range texts {
		msg, err := d.Message(i + 1)
		if err != nil {
			t.Fatal(err)
		}
		var top, whole bytes.Buffer
		if err := d.FetchTop(t.Context(), msg, 0, &top); err != nil || !strings.HasPrefix(text, top.String()) || top.Len() == 0 {
			t.Errorf("the top is %q: %v", top.String(), err)
		}
		if i == 0 {
			continue
		}
		if err := d.Fetch(t.Context(), msg, &whole); err != nil || whole.String() != text {
			t.Errorf("it is %q: %v", whole.String(), err)
		}
		d.Retrieved(i+1, msg.Octets)
	}
	if err := d.Delete(1); err != nil {
		t.Fatal(err)
	}
	if left, err := d.Commit(t.Context()); err != nil {
		t.Errorf("%d stay: %v", left, err)
	}
	d.Close()
	s.server.Mail(func(m *liars.Mail) {
		if m.Box("Trash").Count(texts[0]) != 1 || m.Count(texts[0]) != 1 {
			t.Error("what was marked does not lie in Trash alone")
		}
		for _, msg := range m.Box("Orders").Messages {
			if read := msg.Text == texts[1]; msg.Has(`\Seen`) != read {
				t.Errorf("\\Seen on %q is %v", msg.Text, !read)
			}
		}
	})
	if now, _ := s.session(); slices.Contains(now, ids[0]) || !slices.Contains(now, ids[1]) {
		t.Errorf("the next session lists %q; deleted was %q, read %q", now, ids[0], ids[1])
	}
}

// A message that nobody has looked at, one of very many that came at once, keeps its
// unique-id when somebody files it in the first session: by its size and when it was
// received, where that tells it from all others.
func TestFiledBeforeItWasLookedAt(t *testing.T) {
	s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
	alone := "Message-ID: <alone@x.test>\r\nSubject: one of a kind\r\n\r\n" + strings.Repeat("x", 500) + "\r\n"
	twins := []string{"Message-ID: <a@x.test>\r\n\r\ntwins of one second\r\n", "Message-ID: <b@x.test>\r\n\r\ntwins of one second\r\n"}
	s.server.Mail(func(m *liars.Mail) {
		for i := range 600 {
			m.Inbox().Add(fmt.Sprintf("Message-ID: <%d@many.test>\r\nSubject: one of many\r\n\r\nnumber %d\r\n", i, i))
		}
		m.Inbox().Add(alone)
		for _, text := range twins {
			m.Inbox().Add(text).Date = "01-Mar-2024 10:00:00 +0000"
		}
	})
	d := s.mustOpen()
	if n := s.server.Sent("UID FETCH"); n > 3 {
		t.Errorf("the first login has asked %d times: %q", n, s.server.Commands())
	}
	before := make(map[string]string)
	for msg := range d.Messages {
		if msg.Number > d.Len()-4 {
			var b bytes.Buffer
			if err := d.Fetch(t.Context(), msg, &b); err != nil {
				t.Fatal(err)
			}
			before[b.String()] = string(d.AppendUniqueID(nil, msg.Number))
		}
	}
	s.server.Mail(func(m *liars.Mail) {
		for _, text := range append(twins, alone) {
			file(m, text, "INBOX", "Orders")
		}
	})
	d.Close()
	_, texts := s.session()
	for id, text := range texts {
		switch {
		case text == alone && id != before[alone]:
			t.Errorf("it had %q and has %q", before[alone], id)
		case slices.Contains(twins, text) && slices.Contains(slices.Collect(maps.Values(before)), id) && before[text] != id:
			t.Errorf("%q has the unique-id of its twin", text)
		}
	}
}

// drop is a maildrop of the account's own, as another device may have.
func (s *site) drop(name string, mailboxes ...string) {
	s.request.Target.Maildrop.Name, s.request.Target.Key.Name = name, name
	s.request.Target.Maildrop.Mailbox = configs.Mailboxes(mailboxes)
}

// What another device's session has listed is not taken for what this one knows.
func TestListedByAnotherMaildrop(t *testing.T) {
	s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
	s.drop("all", "INBOX")
	s.session()
	s.drop("all", "INBOX", "Orders")
	ids, texts := s.session()
	s.server.Mail(func(m *liars.Mail) { file(m, order, "Orders", "INBOX") })
	s.drop("inbox", "INBOX")
	s.session()
	s.drop("all", "INBOX", "Orders")
	now, held := s.session()
	slices.Sort(ids)
	if slices.Sort(now); !slices.Equal(now, ids) || !maps.Equal(held, texts) {
		t.Errorf("listed %q, before %q", now, ids)
	}
}

// What came while the first mailbox was shown alone again is known by the unique-id that
// it was served under then, also when it is filed elsewhere.
func TestAloneAgain(t *testing.T) {
	s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
	news := []string{"Message-ID: <1@news.test>\r\n\r\nnews\r\n", "Message-ID: <2@news.test>\r\n\r\nmore news\r\n"}
	s.drop("all", "INBOX", "Orders")
	s.session()
	s.server.Mail(func(m *liars.Mail) {
		for _, text := range news {
			m.Inbox().Add(text)
		}
	})
	s.drop("all", "INBOX")
	_, alone := s.session()
	s.drop("all", "INBOX", "Orders")
	_, texts := s.session()
	for id, text := range alone {
		if texts[id] != text {
			t.Errorf("%s is %q, and was %q", id, texts[id], text)
		}
	}
	s.server.Mail(func(m *liars.Mail) { file(m, news[1], "INBOX", "Orders") })
	if _, now := s.session(); !maps.Equal(now, texts) {
		t.Errorf("it lists %q, and before %q", now, texts)
	}
}
