package migration

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

// count is how many messages an account has on the old server.
const count = 300

// home is a client with the home folder in which it remembers unique-ids.
type home struct {
	clients.Program
	*clients.User
}

// trip is an account with clients that have fetched everything from an old server,
// through popbridge.
type trip struct {
	*site
	old   *servers.Old
	fresh *servers.Server
	homes []home
	ids   []string // the unique-ids in the order of LIST
}

// begin starts an old server of a kind, a new one, popbridge with its routes to the
// old one, and lets clients fetch all messages.
func begin(t *testing.T, kind string, programs []clients.Program) *trip {
	t.Helper()
	users := map[string]string{alice: password}
	old := servers.StartOld(t, kind, users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	return beginAt(t, old, fresh, plan{old: popAt(old), fresh: imapAt(fresh)}, programs)
}

// beginAt is begin with servers that have been started already.
func beginAt(t *testing.T, old *servers.Old, fresh *servers.Server, p plan, programs []clients.Program) *trip {
	t.Helper()
	letters := letters(old.Name)
	old.Deliver(t, alice, letters)
	r := &trip{site: open(t, p), old: old, fresh: fresh}
	for _, p := range programs {
		h := home{p, clients.NewUser(t, r.b.Address("pop3"), alice, password)}
		if got := h.Poll(t, h.User, false); len(got) != len(letters) {
			t.Fatalf("%s has fetched %d messages from the old server, want %d", p.Name, len(got), len(letters))
		}
		r.homes = append(r.homes, h)
	}
	r.ids, _ = r.view()
	if len(r.ids) != len(letters) {
		t.Fatalf("the old server lists %d messages, want %d", len(r.ids), len(letters))
	}
	return r
}

// popAt is an upstream at an old server.
func popAt(s *servers.Old) string {
	return fmt.Sprintf("protocol: pop3\naddress: %q\ntls: none", s.POP3)
}

// letters are what an account has on the old server. popa3d gives twins one
// unique-id, and then nobody could tell them apart: there they have been delivered
// at two times.
func letters(kind string) [][]byte {
	list := servers.Letters(count)
	for i := range list {
		if kind == "popa3d" && i > 0 && bytes.Equal(list[i], list[i-1]) {
			list[i] = append(fmt.Appendf(nil, "Received: from relay.example.net by old.example.org with ESMTP id again%d\r\n", i), list[i]...)
		}
	}
	return list
}

// copied copies what the old server has.
func (r *trip) copied() {
	r.t.Helper()
	r.old.Copy(r.t, r.fresh, alice, password)
}

// arrives delivers new mail to where delivery goes, and gives it.
func (r *trip) arrives(deliver func([][]byte), word string, n int) [][]byte {
	r.t.Helper()
	list := make([][]byte, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, "From: late@example.net\r\nTo: %s\r\nSubject: %s %d\r\nMessage-ID: <%[2]s-%[3]d@example.net>\r\nDate: Mon, 2 Feb 2026 10:00:00 +0000\r\n\r\n%[2]s %[3]d\r\n", alice, word, i)
	}
	deliver(list)
	return list
}

func (r *trip) toNew(list [][]byte) {
	r.t.Helper()
	w := servers.Dial(r.t, r.fresh.IMAP, alice, password)
	w.Fill("INBOX", list)
	w.Logout()
}

func (r *trip) toOld(list [][]byte) {
	r.t.Helper()
	r.old.Deliver(r.t, alice, list)
}

// poll lets every client poll: it has to fetch these messages and no other, and the
// order of LIST has to be the old one, with them at its end.
func (r *trip) poll(when string, want [][]byte) {
	r.t.Helper()
	for _, h := range r.homes {
		got := h.Poll(r.t, h.User, false)
		if len(got) != len(want) {
			r.t.Errorf("%s: %s fetches %d messages, want the %d new ones", when, h.Name, len(got), len(want))
			continue
		}
		for _, m := range want {
			if !slices.ContainsFunc(got, func(g []byte) bool { return bytes.Equal(g, m) }) {
				r.t.Errorf("%s: %s did not fetch %.200q", when, h.Name, m)
			}
		}
	}
	ids, _ := r.view()
	if len(ids) != len(r.ids)+len(want) || !slices.Equal(ids[:len(r.ids)], r.ids) {
		r.t.Errorf("%s: LIST has %d messages and another order: %q, was %q", when, len(ids), head(ids), head(r.ids))
	}
}

func head(ids []string) []string { return ids[:min(len(ids), 12)] }

// TestOldServers: from each kind of old server, over the move and back, clients
// fetch no old message again, and every new one.
func TestOldServers(t *testing.T) {
	for _, kind := range servers.OldKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := begin(t, kind, clients.Remembering())
			r.copied()
			r.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", r.accounts)
			r.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", r.accounts)
			bridge.Has(t, r.command(0, "migrate", "verify", "--from", "old", "--to", "new", "--accounts", r.accounts), "ready")
			r.move(0, "--to", "new", "--require-verified")
			r.poll("after the move", r.arrives(r.toNew, "moved", 3))
			r.back(0)
			r.poll("back again", r.arrives(r.toOld, "back", 2))
		})
	}
}

// only is the fastest of the clients, for what does not depend on the client.
func only(name string) []clients.Program {
	return slices.DeleteFunc(clients.Remembering(), func(p clients.Program) bool { return p.Name != name })
}

// TestLearnedByServing: what sessions have shown of an old server is enough for a
// match, and that is enough to leave it when it is dead.
func TestLearnedByServing(t *testing.T) {
	t.Parallel()
	r := begin(t, "cyrus", only("mpop"))
	r.copied()
	r.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", r.accounts)
	bridge.Has(t, r.command(0, "migrate", "verify", "--from", "old", "--to", "new", "--accounts", r.accounts), "ready")
	r.old.Stop()
	bridge.Has(t, r.move(0, "--to", "new"), `upstream "old" could not be looked into`)
	r.poll("after the move", r.arrives(r.toNew, "moved", 3))
}

// TestMasterUser: neither command knows a password of the account.
func TestMasterUser(t *testing.T) {
	t.Parallel()
	users, masters := map[string]string{alice: password}, map[string]string{"admin": "master pass"}
	old := servers.InMaildirs(servers.StartDovecot(t, servers.Dovecot{Users: users, Masters: masters, POP3UIDLFormat: "%f", NoSpecialUse: true}))
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users, Masters: masters})
	master := "\nauth: master\nmaster_user: admin\nmaster_password: master pass\nmaster_separator: \"" + servers.MasterSeparator + "\""
	r := beginAt(t, old, fresh, plan{old: popAt(old) + master, fresh: imapAt(fresh) + master, login: "either"}, only("mpop"))
	r.copied()
	put(t, r.accounts, alice+"\n")
	r.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", r.accounts, "--headers", "all")
	r.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", r.accounts)
	bridge.Has(t, r.command(0, "migrate", "verify", "--from", "old", "--to", "new", "--accounts", r.accounts, "--hashes"), "ready")
	r.command(0, "migrate", "move", alice, "--to", "new", "--require-verified")
	r.poll("after the move", r.arrives(r.toNew, "moved", 3))
	r.command(0, "migrate", "back", alice)
	r.poll("back again", r.arrives(r.toOld, "back", 2))
}

// TestDeletions: what a device deletes on the old server after the copy is deleted
// on the new one too, and what it deletes there stays hidden on the way back, from
// every device; no unique-id changes, back and forth.
func TestDeletions(t *testing.T) {
	t.Parallel()
	r := begin(t, "dovecot", nil)
	r.copied()
	r.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", r.accounts)
	r.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", r.accounts)
	r.session(alice, 3, 5)
	want := slices.Delete(slices.Delete(slices.Clone(r.ids), 4, 5), 2, 3)
	sees := func(when, login string, deletes ...int) {
		t.Helper()
		if ids, _ := r.session(login, deletes...); !slices.Equal(ids, want) {
			t.Errorf("%s: %s sees %d messages, %q, want %d, %q", when, login, len(ids), head(ids), len(want), head(want))
		}
	}
	bridge.Has(t, r.move(0, "--to", "new", "--json", "--require-verified"), `"deletions_repeated": 2`, `"verdict": "ready, 2 deleted on the old server since"`)
	w := servers.Dial(t, r.fresh.IMAP, alice, password)
	if inbox, trash := len(w.UIDs("INBOX")), len(w.UIDs("Trash")); inbox != count-2 || trash != 2 {
		t.Errorf("the new INBOX holds %d messages and Trash %d, want %d and 2", inbox, trash, count-2)
	}
	sees("after the move", alice)
	sees("after the move", alice, 1, 7)
	want = slices.Delete(slices.Delete(want, 6, 7), 0, 1)
	sees("after deletions there", alice)
	bridge.Has(t, r.back(0, "--hold", "1m", "--json"), `"deletions_repeated": 2`, `"verdict": "ready",`)
	sees("back again", alice)
	sees("back again", "alice+another@example.org")
	r.move(0, "--to", "new")
	sees("forth again", alice)
	sees("forth again", "alice+another@example.org")
}

// TestVerifyLogin: while passwords are known to the old server alone, devices log in
// with them on the new one, and with no other.
func TestVerifyLogin(t *testing.T) {
	t.Parallel()
	old := servers.StartOld(t, "dovecot", map[string]string{alice: password})
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: "nobody knows it"}, Masters: map[string]string{"admin": "master pass"}})
	servers.InMaildirs(fresh).Deliver(t, alice, servers.Messages(3))
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh) + "\nverify_login: old\nauth: master\nmaster_user: admin\nmaster_password: master pass\nmaster_separator: \"" + servers.MasterSeparator + "\""})
	s.command(0, "migrate", "move", alice, "--to", "new", "--force")
	for range 2 {
		if ids, _ := s.view(); len(ids) != 3 {
			t.Errorf("%d messages are seen on the new server, want 3", len(ids))
		}
	}
	for _, wrong := range []string{"nobody knows it", "master pass", password + "x"} {
		c := bridge.Dial(t, s.b.Address("pop3"))
		c.OK("USER " + alice)
		if text := c.Err("PASS " + wrong); !strings.HasPrefix(text, "[AUTH]") {
			t.Errorf("the password %q gets %q", wrong, text)
		}
		c.Cut()
	}
	old.Stop()
	if ids, _ := s.view(); len(ids) != 3 {
		t.Errorf("%d messages are seen when the old server is away for a while, want 3", len(ids))
	}
}

// TestImported: clients have known the old server itself, nobody knows the accounts'
// passwords, and its mail store is all that is left of it.
func TestImported(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old := servers.StartOld(t, "courier", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	old.Deliver(t, alice, letters("courier"))
	r := &trip{old: old, fresh: fresh}
	for _, p := range only("mpop") {
		h := home{p, clients.NewUser(t, old.POP3, alice, password)}
		if got := h.Poll(t, h.User, false); len(got) != count {
			t.Fatalf("%s has fetched %d messages from the old server, want %d", p.Name, len(got), count)
		}
		r.homes = append(r.homes, h)
	}
	direct := bridge.Login(t, old.POP3, alice, password)
	for _, line := range direct.Lines("UIDL") {
		_, id, _ := strings.Cut(line, " ")
		r.ids = append(r.ids, id)
	}
	direct.Quit()
	r.site = open(t, plan{old: popAt(old), fresh: imapAt(fresh)})
	for _, h := range r.homes {
		// It goes on under the address that the old server had.
		_, h.Port, _ = strings.Cut(r.b.Address("pop3"), ":")
	}
	r.copied()
	old.Stop()
	r.command(0, "migrate", "import", "--upstream", "old", "--format", "courier", "--path", strings.Replace(old.MailFolder(alice), alice, "{user}", 1))
	r.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", r.accounts)
	r.move(0, "--to", "new")
	r.poll("after the move", r.arrives(r.toNew, "moved", 3))
}
