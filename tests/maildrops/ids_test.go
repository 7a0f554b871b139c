package maildrops_test

import (
	"path/filepath"
	"slices"
	"syscall"

	"popbridge/tests/bridge"
)

func idCases() []testCase {
	return []testCase{
		{"ids stay over sessions, filing and a restart", idsStay},
		{"ids stay when one of the mailboxes is rebuilt", idsStayRebuilt},
		{"from one mailbox to a list and back", listAndBack},
	}
}

func idsStay(a *account) {
	a.put("INBOX", "Orders", "Faxes", "INBOX", "Orders/2024")
	config := a.yaml(shown) + bridge.State("sqlite", filepath.Join(a.t.TempDir(), "state.db"))
	b := bridge.Start(a.t, config, a.password)
	first := a.ids(b)
	for range 10 {
		same(a.t, "again", a.ids(b), first)
	}
	uids := a.uids("INBOX")
	a.move("INBOX", "Orders/2024", uids[0])
	same(a.t, "after filing one", sorted(a.ids(b)), sorted(first))
	a.move("Orders/2024", "Faxes", a.uids("Orders/2024")...)
	a.move("Orders", "INBOX", a.uids("Orders")...)
	same(a.t, "after filing more", sorted(a.ids(b)), sorted(first))
	b.Signal(syscall.SIGTERM)
	b.Wait()
	b = bridge.Start(a.t, config, a.password)
	same(a.t, "after a restart", sorted(a.ids(b)), sorted(first))
	if err := a.w.Client.Rename(a.named("Faxes"), a.named("Orders/Old"), nil).Wait(); err != nil {
		a.t.Fatal(err)
	}
	a.w.CreateMailbox(a.named("Faxes"))
	same(a.t, "after a rename", sorted(a.ids(b)), sorted(first))
}

// idsStayRebuilt: a mailbox is made anew, as from a backup, with another UIDVALIDITY.
func idsStayRebuilt(a *account) {
	a.put("INBOX", "Faxes", "Orders", "Faxes")
	b := a.serve(shown)
	before := a.ids(b)
	texts := a.held("Faxes")
	a.uids("INBOX") // no server deletes the mailbox that is selected
	if err := a.w.Client.Delete(a.named("Faxes")).Wait(); err != nil {
		a.t.Fatal(err)
	}
	a.w.CreateMailbox(a.named("Faxes"))
	a.append("Faxes", texts[0], 2)
	a.append("Faxes", texts[1], 4)
	same(a.t, "after a rebuild", a.ids(b), before)
}

func listAndBack(a *account) {
	a.put("INBOX", "Orders", "Faxes", "INBOX")
	b := a.serve(`mailbox: "INBOX"`)
	alone := a.ids(b)
	list := a.yaml(shown)
	if !b.Reload(list) {
		a.t.Fatal("the list was not taken")
	}
	all := a.ids(b)
	for _, id := range alone {
		if !slices.Contains(all, id) {
			a.t.Errorf("%q of INBOX alone is not among %q", id, all)
		}
	}
	if !b.Reload(a.yaml(`mailbox: "INBOX"`)) {
		a.t.Fatal("the name was not taken")
	}
	same(a.t, "back again", a.ids(b), alone)
	if !b.Reload(list) {
		a.t.Fatal("the list was not taken again")
	}
	same(a.t, "and the list again", a.ids(b), all)
}
