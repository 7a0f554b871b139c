package liars_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

const report = "Message-ID: <report@x>\r\nSubject: report\r\n\r\nsame as ever\r\n"

// TestDeletedTwinDoesNotComeBack: a mailbox holds copies of one message. A device
// deletes one of them, and then the message comes once more. It is new: under the
// unique-id of the one that was deleted the device would never fetch it. What is
// remembered on disk and in memory tells alike, whether the mailbox was rebuilt
// before or after, and whether QUIT went through at once or was settled later.
func TestDeletedTwinDoesNotComeBack(t *testing.T) {
	t.Parallel()
	renumber := func(server *liars.Server) {
		server.Mail(func(m *liars.Mail) {
			b := m.Inbox()
			for i, msg := range b.Messages {
				msg.UID = b.UIDNext + uint32(i)
			}
			b.UIDNext += uint32(len(b.Messages))
		})
	}
	rebuild := func(server *liars.Server) {
		server.Mail(func(m *liars.Mail) { m.Inbox().UIDValidity++ })
		renumber(server)
	}
	again := func(server *liars.Server) { server.Mail(func(m *liars.Mail) { m.Inbox().Add(report) }) }
	for _, state := range []string{"memory", "sqlite"} {
		for name, steps := range map[string]struct {
			before, after []func(*liars.Server)
			broken        bool
		}{
			"new UIDs before":          {before: []func(*liars.Server){renumber}, after: []func(*liars.Server){again}},
			"new UIDs before, settled": {before: []func(*liars.Server){renumber}, after: []func(*liars.Server){again}, broken: true},
			"within one UIDVALIDITY":   {after: []func(*liars.Server){again}},
			"rebuilt before":           {before: []func(*liars.Server){rebuild}, after: []func(*liars.Server){again}},
			"rebuilt before, settled":  {before: []func(*liars.Server){rebuild}, after: []func(*liars.Server){again}, broken: true},
			"rebuilt after":            {before: []func(*liars.Server){rebuild}, after: []func(*liars.Server){again, rebuild}},
			"rebuilt before and after": {before: []func(*liars.Server){rebuild}, after: []func(*liars.Server){rebuild, again}},
		} {
			t.Run(state+" "+name, func(t *testing.T) {
				t.Parallel()
				server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
				server.Mail(func(m *liars.Mail) {
					b := m.Inbox()
					b.Messages = nil
					b.Add("Message-ID: <other@x>\r\nSubject: other\r\n\r\nx\r\n")
					b.Add(report)
					b.Add(report)
				})
				s := aloneWith(t, server, fmt.Sprintf("{driver: %s, source: %q}", state, filepath.Join(t.TempDir(), "state.db")), "on_delete: trash", "")
				seen := make(map[string]bool)
				poll := func() (fresh int) {
					d := s.loginAs(t, "alice@x.test")
					for _, line := range d.Lines("UIDL") {
						_, id, _ := strings.Cut(line, " ")
						if !seen[id] {
							fresh++
						}
						seen[id] = true
					}
					d.Quit()
					return fresh
				}
				poll()
				for _, step := range steps.before {
					s.AwaitTimes("session ended", 1)
					step(server)
					seen = make(map[string]bool)
					poll()
				}
				known := len(seen)
				d := s.loginAs(t, "alice@x.test")
				d.OK("DELE 2")
				if steps.broken {
					server.Lie(liars.Always("UID MOVE", liars.Die()))
					broken(t, d)
					server.Lie()
					s.loginAs(t, "alice@x.test").Cut()
				} else {
					d.Quit()
				}
				for i, step := range steps.after {
					step(server)
					if i < len(steps.after)-1 {
						poll()
					}
				}
				fresh := poll()
				if len(seen) < known+1 {
					t.Errorf("%d unique-ids were seen, %d before the message came again, which has no other than they (%d are fresh now)", len(seen), known, fresh)
				}
			})
		}
	}
}
