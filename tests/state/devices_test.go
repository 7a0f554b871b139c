package state_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestHide: several devices share a mailbox that none of them changes.
func TestHide(t *testing.T) {
	const user = "ann@example.org"
	perDriver(t, []string{user}, func(t *testing.T, d driver, mail *servers.Server) {
		messages := servers.Messages(5)
		w := witness(t, mail, user)
		w.Fill("INBOX", messages)
		start := func() *bridge.Bridge {
			return d.serve(t, mail.IMAP, separator+"maildrop:\n  default:\n    on_delete: hide\n")
		}
		b := start()
		var first map[string]string
		for _, device := range []string{"one", "two"} {
			c := login(t, b, user, device)
			got := texts(c)
			same(t, device, values(got), messages)
			for i := range got {
				if first != nil && got[i] != first[i] {
					t.Errorf("%s sees %.60q as %s, another device %.60q", device, got[i], i, first[i])
				}
			}
			first = got
			for i := range messages {
				c.OK(fmt.Sprintf("DELE %d", i+1))
			}
			c.Quit()
			c = login(t, b, user, device)
			expect(t, device+" after its deletions", c.OK("STAT"), "0 0")
			c.Quit()
		}
		holds(t, w, "INBOX", messages)
		for _, uid := range w.UIDs("INBOX") {
			expect(t, "flags", len(w.Flags("INBOX", uid)), 0)
		}

		b = restart(t, b, start)
		for _, device := range []string{"one", "two"} {
			c := login(t, b, user, device)
			expect(t, device+" after the restart", c.OK("STAT"), "0 0")
			c.Quit()
		}
		c := login(t, b, user, "three")
		third := texts(c)
		for id, text := range first {
			expect(t, "the third device's "+id, third[id], text)
		}
		c.Quit()
		late := servers.Messages(6)[5]
		w.Append(late)
		c = login(t, b, user, "one")
		same(t, "what came later", values(texts(c)), [][]byte{late})
		c.Quit()
	})
}

func values(texts map[string]string) (list [][]byte) {
	for _, text := range texts {
		list = append(list, []byte(text))
	}
	return list
}

// TestKnownDevices: a mistyped name must not download everything as a new device.
func TestKnownDevices(t *testing.T) {
	const user = "bea@example.org"
	perDriver(t, []string{user}, func(t *testing.T, d driver, mail *servers.Server) {
		witness(t, mail, user).Fill("INBOX", servers.Messages(2))
		b := d.serve(t, mail.IMAP, separator+"  devices: known\n")
		wrong := func(device string) {
			t.Helper()
			if text := refused(t, b, user, device); !strings.HasPrefix(text, "[AUTH] ") {
				t.Errorf("device %q: %q, want [AUTH]", device, text)
			}
		}
		wrong("desk")
		b.AwaitLine(`device \"desk\" is not known`, "popbridge account device add")
		d.command(t, func(ctx context.Context, s *ledger.Store) error { return s.AddDevice(ctx, user, "desk") })
		login(t, b, user, "desk").Quit()
		login(t, b, user, "").Quit()
		wrong("dekc")
		d.command(t, func(ctx context.Context, s *ledger.Store) error { return s.RemoveDevice(ctx, user, "desk") })
		wrong("desk")
	})
}

// views are maildrops that show parts of one mailbox, each for a device that is
// called like it.
const views = separator + `maildrop:
  all: {on_delete: trash}
  fresh: {first_login: new}
  month: {first_login: 30d}
  recent: {visible: 30d}
  few: {max_messages: 3}
route:
  - {device: fresh, maildrop: fresh}
  - {device: month, maildrop: month}
  - {device: recent, maildrop: recent}
  - {device: few, maildrop: few}
  - {maildrop: all}
`

// TestViews: first_login, visible and max_messages show a part of the mailbox,
// with the unique-ids that the whole has.
func TestViews(t *testing.T) {
	const user = "cat@example.org"
	perDriver(t, []string{user}, func(t *testing.T, d driver, mail *servers.Server) {
		messages := servers.Messages(7)
		w := witness(t, mail, user)
		for i, days := range []int{90, 60, 40, 5, 1} {
			appendAt(t, w, messages[i], time.Now().AddDate(0, 0, -days))
		}
		start := func() *bridge.Bridge { return d.serve(t, mail.IMAP, views) }
		b := start()
		look := func(device string) []string {
			t.Helper()
			c := login(t, b, user, device)
			defer c.Quit()
			return c.UniqueIDs()
		}
		all := look("any")
		expect(t, "the whole", len(all), 5)
		expectView(t, "first_login new", look("fresh"))
		expectView(t, "first_login 30d", look("month"), all[3:]...)
		expectView(t, "visible 30d", look("recent"), all[3:]...)
		expectView(t, "max_messages", look("few"), all[2:]...)

		w.Append(messages[5])
		b = restart(t, b, start)
		all = look("any")
		expect(t, "the whole", len(all), 6)
		expectView(t, "first_login new, later", look("fresh"), all[5:]...)
		expectView(t, "first_login 30d, later", look("month"), all[3:]...)
		expectView(t, "visible 30d, later", look("recent"), all[3:]...)

		// Only what a device sees can be deleted by it, whatever number it thinks of.
		c := login(t, b, user, "few")
		expectView(t, "max_messages, later", c.UniqueIDs(), all[3:]...)
		for n := 1; n <= 3; n++ {
			c.OK(fmt.Sprintf("DELE %d", n))
		}
		c.Err("DELE 4")
		c.Quit()
		holds(t, w, "INBOX", messages[:3])
		expectView(t, "max_messages, after the deletion", look("few"), all[:3]...)
		expectView(t, "visible 30d, after the deletion", look("recent"))
	})
}

func appendAt(t *testing.T, w *servers.Witness, raw []byte, when time.Time) {
	t.Helper()
	cmd := w.Client.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: when})
	if _, err := cmd.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestDeleteGuard: a device that suddenly deletes much is held back whole.
func TestDeleteGuard(t *testing.T) {
	const user = "dan@example.org"
	messages := servers.Messages(5)
	mail := dovecot(t, []string{user}, "")
	w := witness(t, mail, user)
	w.Fill("INBOX", messages)
	b := onSQLite(t).serve(t, mail.IMAP, "maildrop:\n  default:\n    on_delete: expunge\n    delete_guard: \"2\"\n")
	c := login(t, b, user, "")
	before := c.UniqueIDs()
	for n := 1; n <= 3; n++ {
		c.OK(fmt.Sprintf("DELE %d", n))
	}
	if text := c.Err("QUIT"); !strings.Contains(text, "some deleted messages not removed") {
		t.Errorf("QUIT: %q", text)
	}
	c.Rest()
	holds(t, w, "INBOX", messages)
	b.AwaitLine("delete_guard", user)
	c = login(t, b, user, "")
	expectView(t, "after the guard", c.UniqueIDs(), before...)
	c.OK("DELE 1")
	c.OK("DELE 2")
	c.Quit()
	holds(t, w, "INBOX", messages[2:])
}
