package state_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

// clientUsers have one of the real clients each; hider has two devices, of which
// one has hidden messages; idler only ever looks at the listing.
func clientUsers() []string { return []string{"fay@example.org", "mia@example.org", "gus@example.org"} }

const (
	hider = "hal@example.org"
	idler = "ida@example.org"
)

func everybody() []string { return append(clientUsers(), hider, idler) }

// household is everybody in front of one popbridge.
type household struct {
	t        *testing.T
	d        driver
	mail     *servers.Server
	b        *bridge.Bridge
	users    []*clients.User
	messages [][]byte // what every INBOX holds
	validity uint32
	sessions int               // that have ended
	ids      map[string]string // of the hider's other device: unique-id to message
	idle     []string          // the idler's unique-ids
	hidden   int               // messages that the hider's first device has put away
}

func (h *household) upstream(name, unique string, mail *servers.Server) string {
	config := h.d.config(mail.IMAP, separator+`maildrop:
  default: {on_delete: hide, on_retrieve: seen, unique_id: `+fmt.Sprintf("%q", unique)+"}\n")
	return strings.Replace(config, "\n  mail:\n", "\n  "+name+":\n", 1)
}

// TestRebuilt follows an account through all that can happen to a mailbox, with
// clients that download everything again when unique-ids change.
func TestRebuilt(t *testing.T) {
	t.Parallel()
	perDriver(t, everybody(), func(t *testing.T, d driver, mail *servers.Server) {
		h := &household{t: t, d: d, mail: mail, validity: 1_000_000_000, messages: servers.Messages(9)}
		h.messages[6] = h.messages[2] // twins
		h.rebuild("before", h.messages)
		h.b = bridge.Start(t, h.upstream("mail", "dovecot", mail), d.secrets()...)
		for _, user := range clientUsers() {
			h.users = append(h.users, clients.NewUser(t, h.b.Address("pop3"), user, password(user)))
		}
		h.expectNew("the first poll", h.messages)
		h.hide()

		h.rebuild("same order", h.messages)
		h.expectNew("after a new UIDVALIDITY", nil)

		slices.Reverse(h.messages)
		h.rebuild("another order", h.messages)
		h.expectNew("in another order", nil)

		added := servers.Messages(12)[9:]
		h.rebuild("some gone, some new", append(slices.Delete(h.messages, 3, 5), added[:2]...))
		h.expectNew("with two deleted and two new messages", added[:2])

		if !h.b.Reload(h.upstream("mail", "uw", h.mail)) {
			t.Fatal("the change of unique_id was refused")
		}
		h.expectNew("after a change of unique_id", nil)
		for _, user := range everybody() {
			witness(t, h.mail, user).Append(added[2])
		}
		h.messages = append(h.messages, added[2])
		h.expectNew("of another unique_id", added[2:])

		h.move()
		h.expectNew("after a change of upstream", nil)

		h.fillWithUnrecognised()
	})
}

// rebuild gives everybody's INBOX a new UIDVALIDITY and these messages.
func (h *household) rebuild(what string, messages [][]byte) {
	h.t.Helper()
	h.t.Log("rebuild:", what)
	h.validity += 7
	h.messages = messages
	h.mail.Stop()
	for _, user := range everybody() {
		h.mail.Rebuild(h.t, user, h.validity, messages)
	}
	h.mail.Restart(h.t)
}

// move copies everybody's mail to another server, under another name in the
// configuration.
func (h *household) move() {
	h.t.Helper()
	h.mail.Stop()
	h.mail = dovecot(h.t, everybody(), "")
	slices.Reverse(h.messages[2:6])
	h.rebuild("another server", h.messages)
	if !h.b.Reload(h.upstream("elsewhere", "uw", h.mail)) {
		h.t.Fatal("the change of upstream was refused")
	}
}

// expectNew lets everybody look: the clients find just these messages new.
func (h *household) expectNew(what string, fresh [][]byte) {
	h.t.Helper()
	for i, program := range clients.Remembering() {
		got := program.Poll(h.t, h.users[i], false)
		h.ended(1)
		same(h.t, program.Name+" finds new "+what, got, fresh)
	}
	h.look(what)
	c := login(h.t, h.b, idler, "")
	now := c.UniqueIDs()
	c.Quit()
	h.ended(1)
	unknown := slices.DeleteFunc(slices.Clone(now), func(id string) bool { return slices.Contains(h.idle, id) })
	expect(h.t, "messages of the idler "+what, len(now), len(h.messages))
	expect(h.t, "new unique-ids of the idler "+what, len(unknown), len(fresh))
	h.idle = now
}

// look compares what the hider's devices see with what they saw before.
func (h *household) look(what string) {
	h.t.Helper()
	c := login(h.t, h.b, hider, "other")
	now := texts(c)
	c.Quit()
	same(h.t, "the whole mailbox "+what, values(now), h.messages)
	for id, text := range now {
		if old, known := h.ids[id]; known && old != text {
			h.t.Errorf("%s: unique-id %s was %q and is %q", what, id, old, text)
		}
	}
	c = login(h.t, h.b, hider, "")
	first := c.UniqueIDs()
	c.Quit()
	h.ended(2)
	for id := range h.ids {
		if _, there := now[id]; !there && slices.ContainsFunc(h.messages, func(m []byte) bool { return string(m) == h.ids[id] }) && !h.twin(h.ids[id]) {
			h.t.Errorf("%s: the unique-id %s of a message that is still there is gone", what, id)
		}
	}
	expect(h.t, "messages that are hidden "+what, len(now)-len(first), h.hidden)
	for _, id := range first {
		if _, there := now[id]; !there {
			h.t.Errorf("%s: one device sees %s, the other does not", what, id)
		}
	}
	h.ids = now
}

// twin reports whether the mailbox once held two messages like this.
func (h *household) twin(text string) bool {
	n := 0
	for _, m := range h.messages {
		if string(m) == text {
			n++
		}
	}
	return n != 1
}

// hide puts three messages away, one of the twins among them.
func (h *household) hide() {
	h.t.Helper()
	c := login(h.t, h.b, hider, "")
	for _, n := range []int{1, 3, 9} {
		c.OK(fmt.Sprintf("DELE %d", n))
	}
	c.Quit()
	h.ended(1)
	h.hidden = 3
}

// ended waits until so many more sessions have learned what they learn after
// their device has left.
func (h *household) ended(n int) {
	h.t.Helper()
	h.sessions += n
	h.b.AwaitTimes("session ended", h.sessions)
}

// fillWithUnrecognised puts much mail there that nobody can tell from what was there:
// logins are refused until the old mail is back, or the operator agrees.
func (h *household) fillWithUnrecognised() {
	h.t.Helper()
	more := servers.Messages(32)[12:]
	h.rebuild("much more mail", append(slices.Clone(h.messages), more...))
	h.expectNew("of much more mail", more)
	old := slices.Clone(h.messages)
	strange := make([][]byte, len(old))
	for i := range strange {
		strange[i] = fmt.Appendf(nil, "X-Number: %d\r\n\r\nstrange\r\n", i)
	}
	h.rebuild("strange mail", strange)
	for _, user := range everybody() {
		if text := refused(h.t, h.b, user, ""); !strings.HasPrefix(text, "[SYS/TEMP] ") {
			h.t.Errorf("%s: %q, want [SYS/TEMP]", user, text)
		}
		h.b.AwaitLine("[ERROR]", "cannot be recognised", "popbridge account accept-new-ids "+user)
	}
	h.rebuild("the old mail", old)
	h.expectNew("when the old mail is back", nil)
	h.rebuild("strange mail again", strange)
	refused(h.t, h.b, idler, "")
	h.d.command(h.t, func(ctx context.Context, s *ledger.Store) error {
		_, err := s.AcceptNewIDs(ctx, idler, "default")
		return err
	})
	c := login(h.t, h.b, idler, "")
	same(h.t, "what the operator has agreed to", values(texts(c)), strange)
	c.Quit()
	refused(h.t, h.b, hider, "")
}

// TestNewUID: a server that gives a message a new UID within its UIDVALIDITY
// does not make it a new message for devices; one that the owner takes back
// from Trash is.
func TestNewUID(t *testing.T) {
	const user = "kim@example.org"
	perDriver(t, []string{user}, func(t *testing.T, d driver, mail *servers.Server) {
		w := witness(t, mail, user)
		w.Fill("INBOX", servers.Messages(5))
		b := d.serve(t, mail.IMAP)
		sessions := 0
		look := func(marks ...int) map[string]string {
			t.Helper()
			c := login(t, b, user, "")
			seen := texts(c)
			for _, n := range marks {
				c.OK(fmt.Sprintf("DELE %d", n))
			}
			c.Quit()
			sessions++
			b.AwaitTimes("session ended", sessions)
			return seen
		}
		before := look()
		uids := w.UIDs("INBOX")
		transfer(t, w, "INBOX", "Junk", uids[1:3]...)
		transfer(t, w, "Junk", "INBOX", w.UIDs("Junk")...)
		if now := w.UIDs("INBOX"); slices.Equal(now, uids) {
			t.Fatal("the UIDs have not changed")
		}
		if now := look(); !maps.Equal(now, before) {
			t.Errorf("under new UIDs the device sees %.1000q, before %.1000q", now, before)
		}
		look(1)
		transfer(t, w, "Trash", "INBOX", w.UIDs("Trash")...)
		now := look()
		fresh := 0
		for id, text := range now {
			if old, known := before[id]; !known {
				fresh++
			} else if old != text {
				t.Errorf("%s was %.80q and is %.80q", id, old, text)
			}
		}
		if len(now) != 5 || fresh != 1 {
			t.Errorf("with a message taken back from Trash the device sees %d messages, of which %d are new", len(now), fresh)
		}
	})
}
