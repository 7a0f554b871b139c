package maildrops_test

import (
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

func deleteCases() []testCase {
	cases := []testCase{{name: "a target among the shown", run: targetShown}}
	for action, check := range map[string]func(*account, []string){
		"expunge": gone, "trash": in("Trash"), "archive": in("Archive"), "flag": flagged, "hide": untouched,
	} {
		cases = append(cases, testCase{name: "on_delete " + action, run: func(a *account) { deleteFromTwo(a, action, check) }})
	}
	return cases
}

// deleteFromTwo deletes messages of two mailboxes in one QUIT, and leaves one in each.
func deleteFromTwo(a *account, action string, check func(*account, []string)) {
	raw := a.put("INBOX", "Orders", "INBOX", "Orders", "Faxes")
	b := a.serve(shown, "on_delete: "+action)
	before := a.ids(b)
	c := a.device(b)
	c.OK("DELE 1")
	c.OK("DELE 2")
	c.Quit()
	same(a.t, "what is left", a.ids(b), before[2:])
	check(a, raw[:2])
	same(a.t, "what is left, once more", a.texts(b), raw[2:])
}

// held gives the texts of a mailbox's messages.
func (a *account) held(mailbox string) (texts []string) {
	a.t.Helper()
	for _, uid := range a.uids(mailbox) {
		texts = append(texts, string(a.w.Raw(a.named(mailbox), uid)))
	}
	return texts
}

func gone(a *account, deleted []string) {
	for _, mailbox := range []string{"INBOX", "Orders"} {
		for _, text := range a.held(mailbox) {
			if slices.Contains(deleted, text) {
				a.t.Errorf("%s still holds %q", mailbox, text)
			}
		}
	}
}

func in(target string) func(*account, []string) {
	return func(a *account, deleted []string) {
		gone(a, deleted)
		same(a.t, "in "+target, sorted(a.held(target)), sorted(deleted))
	}
}

func flagged(a *account, deleted []string) {
	for _, mailbox := range []string{"INBOX", "Orders"} {
		for i, uid := range a.uids(mailbox) {
			if has := slices.Contains(a.w.Flags(a.named(mailbox), uid), imap.Flag("$POP3Deleted")); has != (i == 0) {
				a.t.Errorf("message %d of %s: flagged is %v", i, mailbox, has)
			}
		}
	}
}

func untouched(a *account, deleted []string) {
	held := append(a.held("INBOX"), a.held("Orders")...)
	for _, text := range deleted {
		if !slices.Contains(held, text) {
			a.t.Errorf("%q is gone", text)
		}
	}
}

func targetShown(a *account) {
	a.put("INBOX")
	for _, action := range []string{"trash", "archive"} {
		name := map[string]string{"trash": "Trash", "archive": "Archive"}[action]
		if !slices.Contains(a.w.Mailboxes(), a.named(name)) {
			a.w.CreateMailbox(a.named(name))
		}
		b := a.serve(fmt.Sprintf(`mailbox: ["INBOX", %q]`, name), "on_delete: "+action)
		b.Refused(a.t, a.login, a.password, "[SYS/PERM]")
	}
}
