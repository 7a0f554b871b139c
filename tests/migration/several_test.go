package migration

import (
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestMoveToSeveralMailboxes: what the new server's filters have filed is found there, keeps
// its unique-id and its place, and is deleted there where devices have deleted it since the
// copy. A message that the filters file anew is found where it lies by then.
func TestMoveToSeveralMailboxes(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old := servers.StartOld(t, "dovecot", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(8)
	old.Deliver(t, alice, letters)
	w := servers.Dial(t, fresh.IMAP, alice, password)
	w.CreateMailbox("Orders")
	w.CreateMailbox("Orders/2024")
	w.Fill("INBOX", [][]byte{letters[0], letters[2], letters[3], letters[6]})
	w.Fill("Junk", letters[1:2])
	w.Fill("Orders/2024", [][]byte{letters[4], letters[5], letters[7]})
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh), users: users,
		more: "maildrop:\n  default: {mailbox: [INBOX, '\\Junk', 'Orders*'], on_delete: expunge, order: old}\n"})
	between := []string{"--from", "old", "--to", "new"}
	s.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", s.accounts)
	match := append([]string{"migrate", "match", "--accounts", s.accounts}, between...)
	s.command(0, match...)
	file(t, w, "INBOX", 1, "Orders") // letters[2]
	s.command(0, match...)
	before, _ := s.view()
	verify := append([]string{"migrate", "verify", "--account", alice, "--password-file", s.alice}, between...)
	bridge.Has(t, s.command(0, verify...), "ready")
	bridge.Has(t, s.command(0, append(verify, "--hashes")...), "ready")
	s.session(alice, 5) // before[4] goes from the old server, and so from Orders/2024
	s.move(0, "--to", "new", "--require-verified")
	if after, _ := s.view(); !slices.Equal(after, slices.Delete(slices.Clone(before), 4, 5)) {
		t.Errorf("after the move the unique-ids are %q, before %q without %q", after, before, before[4])
	}
	if n := len(w.UIDs("Orders/2024")); n != 2 {
		t.Errorf("Orders/2024 holds %d messages, want 2: what was deleted on the old server is deleted there", n)
	}
	bridge.Has(t, s.command(0, verify...), "ready")
	// A message that is not copied, or whose copy nobody is shown, is missed.
	file(t, w, "Junk", 0, "Trash")
	s.command(1, match...)
}

// TestMoveToAnEmptyInbox: where the new server has filed everything, an empty INBOX is not
// taken for one that was lost.
func TestMoveToAnEmptyInbox(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old := servers.StartOld(t, "dovecot", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(12)
	old.Deliver(t, alice, letters)
	w := servers.Dial(t, fresh.IMAP, alice, password)
	w.CreateMailbox("Orders")
	w.Fill("Orders", letters)
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh), users: users, more: "maildrop:\n  default: {mailbox: [INBOX, Orders]}\n"})
	before, _ := s.view()
	s.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", s.accounts)
	s.move(0, "--to", "new", "--require-verified")
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("after the move the unique-ids are %q, before %q", after, before)
	}
	// On the way back, too, all that the several show is compared.
	bridge.Has(t, s.command(0, "migrate", "verify", "--account", alice, "--password-file", s.alice, "--from", "new", "--to", "old"), "12   12   ready")
	s.back(0, "--require-verified")
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("back again the unique-ids are %q, before %q", after, before)
	}
}

// file moves a mailbox's message, as a filter does.
func file(t *testing.T, w *servers.Witness, from string, n int, to string) {
	t.Helper()
	uid := w.UIDs(from)[n]
	if _, err := w.Client.Select(from, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Client.Move(imap.UIDSetNum(uid), to).Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestMoveFromSeveralMailboxes: where the old server has several mailboxes too, all that
// they show is matched and compared, keeps its unique-id and its place in whichever mailbox
// of the new server it lies, and stays hidden from who has hidden it.
func TestMoveFromSeveralMailboxes(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old, fresh := servers.StartDovecot(t, servers.Dovecot{Users: users}), servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(8)
	fill := func(server *servers.Server, mailboxes map[string][]int) *servers.Witness {
		w := servers.Dial(t, server.IMAP, alice, password)
		for name, numbers := range mailboxes {
			if name == "Orders" {
				w.CreateMailbox(name)
			}
			for _, n := range numbers {
				receive(t, w, name, letters[n], n)
			}
		}
		return w
	}
	fill(old, map[string][]int{"INBOX": {0, 1, 2}, "Orders": {3, 4, 5}, "Junk": {6, 7}})
	w := fill(fresh, map[string][]int{"INBOX": {7, 0, 4}, "Orders": {5, 3, 1}, "Junk": {2}})
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh), users: users,
		more: "maildrop:\n  default: {mailbox: [INBOX, '\\Junk', Orders], on_delete: hide}\n"})
	s.session(alice, 2, 5) // of INBOX, which the filters have filed elsewhere, and of Orders
	before, _ := s.view()
	between := []string{"--from", "old", "--to", "new"}
	match := append([]string{"migrate", "match", "--accounts", s.accounts}, between...)
	verify := append([]string{"migrate", "verify", "--account", alice, "--password-file", s.alice}, between...)
	bridge.Has(t, s.command(1, match...), "7 of 8 messages matched, 1 not on the new server")
	bridge.Has(t, s.command(1, verify...), "1 unmatched")
	receive(t, w, "Orders", letters[6], 6)
	bridge.Has(t, s.command(0, match...), "8 of 8 messages matched")
	bridge.Has(t, s.command(0, verify...), "ready")
	bridge.Has(t, s.command(0, append(verify, "--hashes")...), "ready")
	s.move(0, "--to", "new", "--require-verified")
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("after the move the unique-ids are %q, before %q", after, before)
	}
	s.back(0)
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("back again the unique-ids are %q, before %q", after, before)
	}
	// Nobody can look into a server that is gone: what is remembered of its mailboxes does.
	old.Stop()
	bridge.Has(t, s.command(0, match...), "8 of 8 messages matched")
}

// receive puts a message into a mailbox, as received at its minute.
func receive(t *testing.T, w *servers.Witness, mailbox string, text []byte, minute int) {
	t.Helper()
	at := time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC)
	cmd := w.Client.Append(mailbox, int64(len(text)), &imap.AppendOptions{Time: at})
	if _, err := cmd.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
