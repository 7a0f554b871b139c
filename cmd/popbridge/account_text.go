package main

import (
	"fmt"
	"io"
	"slices"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

// writeAccount prints an account for people.
func writeAccount(w io.Writer, a desk.Account) error {
	fmt.Fprintf(w, "Account %s\n", printable(a.Account))
	if !a.Disabled.IsZero() {
		fmt.Fprintf(w, "  disabled since %s: logins are refused like a wrong password", at(a.Disabled))
		if a.Reason != "" {
			fmt.Fprintf(w, " (%s)", printable(a.Reason))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "\nRoutes\n")
	if len(a.Routes) == 0 {
		fmt.Fprintln(w, "  none serves it: every login is refused like a wrong password")
	}
	if a.Move != nil {
		fmt.Fprintf(w, "  %s\n", moveWords(*a.Move))
	}
	t := newTable(w, "  ")
	for _, r := range a.Routes {
		t.row(fmt.Sprintf("route[%d]", r.Number), r.Where(), "->", r.Target())
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, m := range a.Maildrops {
		if !m.Beside {
			fmt.Fprintf(w, "\nMaildrop %s\n", m.Maildrop)
		} else {
			fmt.Fprintf(w, "\nMaildrop %s, also\n", m.Maildrop)
		}
		if err := writeMaildrop(w, m); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nDevices")
	if err := deviceTable(w, "  ", a.Devices); err != nil {
		return err
	}
	if err := notShown(w, a.Devices); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nLast deletions\n")
	if len(a.Deletions) == 0 {
		fmt.Fprintln(w, "  none")
		return nil
	}
	return deletionTable(w, "  ", a.Deletions)
}

// notShown prints how many messages devices were not shown at their last login, and why.
func notShown(w io.Writer, devices []desk.Device) error {
	counted := slices.DeleteFunc(slices.Clone(devices), func(d desk.Device) bool { return d.LeftOut == nil })
	if len(counted) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nNot shown at the last login")
	t := newTable(w, "  ")
	for _, d := range counted {
		t.row(nameOf(d), d.Maildrop, translate.Count(d.LeftOut.Sum(), "message")+": "+d.LeftOut.String())
	}
	return t.end()
}

// writeMaildrop prints a maildrop; its policy is told once, with its first mailbox.
func writeMaildrop(w io.Writer, m desk.Maildrop) error {
	t := newTable(w, "  ")
	policy := m.Policy
	if m.Beside {
		policy = nil
	}
	for i, words := range policy {
		head := " "
		if i == 0 {
			head = "policy"
		}
		t.row(head, words)
	}
	if m.Upstream == "" {
		t.row("mailbox", "never served yet")
		return t.end()
	}
	t.row("mailbox", fmt.Sprintf("%s of %s at upstream %s", m.Mailbox, m.Login, m.Upstream))
	t.row("last listing", fmt.Sprintf("%s, %d octets, UIDVALIDITY %d, UIDNEXT %d", translate.Count(int(m.Messages), "message"), m.Octets, m.UIDValidity, m.UIDNext))
	if m.LeftOut != "" {
		t.row("left out", fmt.Sprintf("UIDs %s: the upstream counts these messages but does not describe them, so devices do not see them", m.LeftOut))
	}
	if m.Frozen != "" {
		t.row("frozen", fmt.Sprintf("since %s logins are refused: the mailbox has another UIDVALIDITY, and %s", at(m.FrozenSince), m.WhyFrozen()))
	}
	t.row("unique-ids", m.UniqueIDs())
	t.row("sizes", translate.Count(int(m.Mismatches), "message")+" not as long as the upstream had announced")
	t.row("deletions", m.Unsettled())
	t.row("journal", translate.Count(m.Deletions, "deletion"))
	return t.end()
}
