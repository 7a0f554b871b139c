package maildrops_test

import (
	"path/filepath"
	"slices"
	"syscall"

	"popbridge/tests/bridge"
)

func idCases() []testCase {
	return []testCase{
		{name: "ids stay over sessions, filing and a restart", run: idsStay},
		{name: "ids stay when one of the mailboxes is rebuilt", run: idsStayRebuilt},
		{name: "from one mailbox to a list and back", run: listAndBack},
		{name: "filed before the list", run: filedBeforeTheList},
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
	a.put("INBOX", "Orders", "Faxes", "INBOX", "INBOX")
	state := bridge.State("sqlite", filepath.Join(a.t.TempDir(), "state.db"))
	one, list := a.yaml(`mailbox: "INBOX"`)+state, a.yaml(shown)+state
	b := bridge.Start(a.t, one, a.password)
	reload := func(config string) {
		a.t.Helper()
		if !b.Reload(config) {
			a.t.Fatal("the configuration was not taken")
		}
	}
	sessions := 0
	// What a session learns of messages it learns behind its QUIT.
	ids := func() []string {
		a.t.Helper()
		seen := a.ids(b)
		sessions++
		b.AwaitTimes("session ended", sessions)
		return seen
	}
	alone := ids()
	reload(list)
	all := ids()
	for _, id := range alone {
		if !slices.Contains(all, id) {
			a.t.Errorf("%q of INBOX alone is not among %q", id, all)
		}
	}
	reload(one)
	same(a.t, "back again", ids(), alone)
	more := a.put("INBOX", "INBOX")
	alone = ids()
	a.move("INBOX", "Faxes", a.find("INBOX", more[0]))
	reload(list)
	all = append(all, alone[3:]...)
	same(a.t, "and the list again, with what was filed meanwhile", sorted(ids()), sorted(all))
	same(a.t, "and again", sorted(ids()), sorted(all))
}

// filedBeforeTheList: what was known of the first mailbox when it was shown alone is found
// again where it was filed before others were shown.
func filedBeforeTheList(a *account) {
	raw := a.put("INBOX", "INBOX")
	state := bridge.State("sqlite", filepath.Join(a.t.TempDir(), "state.db"))
	b := bridge.Start(a.t, a.yaml(`mailbox: "INBOX"`)+state, a.password)
	alone := a.ids(b)
	b.AwaitTimes("session ended", 1)
	a.move("INBOX", "Orders", a.find("INBOX", raw[0]))
	if !b.Reload(a.yaml(shown) + state) {
		a.t.Fatal("the list was not taken")
	}
	same(a.t, "the list", sorted(a.ids(b)), sorted(alone))
}
